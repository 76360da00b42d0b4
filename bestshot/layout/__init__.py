"""The folders in which groups are laid out."""
