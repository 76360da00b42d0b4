"""XMP, read and written."""
