"""One run, from the listing of photos to the plan carried out."""
