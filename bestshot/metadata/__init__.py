"""What a photo says of itself: when it was taken, by which camera, and how it was rated."""
