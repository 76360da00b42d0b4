"""Tags, albums, favourites, stacks and the archive of a library."""
