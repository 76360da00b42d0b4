"""How each release writes what it answers with: the fields it has, and the form of its dates."""
