"""The metadata of a photo: when it was taken, with which camera, and how it was rated."""
