"""How this tool writes to a disk: safe files, SQLite, locks, the index of measurements, the cache of pictures."""
