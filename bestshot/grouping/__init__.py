"""Which photos belong together, decided from numbers alone."""
