"""Looking closely at two photos: whether the details of one, moved and scaled, match the other."""
