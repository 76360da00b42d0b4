"""XMP, read and written; what is not ours in it stays as it is."""
