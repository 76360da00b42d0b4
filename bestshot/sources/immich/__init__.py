"""Photos on an Immich server."""
