"""What was begun and done, so that it can be finished or taken back."""
