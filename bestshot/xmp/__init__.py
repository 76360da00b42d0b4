"""XMP of photos and sidecars, read and written; everything else in it stays as it is."""
