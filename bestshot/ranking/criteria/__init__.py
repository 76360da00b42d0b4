"""The criteria by which photos of a group are compared, each with its scores and its wording."""
