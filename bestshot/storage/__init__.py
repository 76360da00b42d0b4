"""Files, databases, locks and caches: how this tool writes to a disk."""
