"""Tags, albums, favourites, ratings, descriptions, stacks and the archive: planned, made, and taken back."""
