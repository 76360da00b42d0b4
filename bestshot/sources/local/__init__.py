"""Photos in folders, and their marks in sidecars and folders of links."""
