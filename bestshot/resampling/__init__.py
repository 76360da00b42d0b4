"""Pictures resized as Pillow does, to the last bit, by products of matrices."""
