"""Which photo of a group is best, and why, decided from measurements alone."""
