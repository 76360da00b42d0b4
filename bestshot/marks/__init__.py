"""Tags, albums, favourites, ratings, labels, descriptions, stacks and the archive: planned, made, and taken back."""
