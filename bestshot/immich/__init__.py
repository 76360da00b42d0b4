"""The rooms below immich_client: calls as data, answers as values, and what differs between versions."""
