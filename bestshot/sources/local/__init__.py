"""Photos in folders."""
