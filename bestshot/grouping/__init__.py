"""Which photos belong together, decided from times and measurements alone."""
