"""The HTTP API of an Immich server as typed calls, and all that differs between its versions."""
