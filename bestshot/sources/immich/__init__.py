"""Photos on an Immich server, and their marks."""
