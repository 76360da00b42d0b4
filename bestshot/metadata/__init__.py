"""What a photo says of itself."""
