"""What travels between the packages, frozen."""
