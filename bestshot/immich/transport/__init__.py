"""How answers of a server come in: no faster, longer or slower than was asked for."""
