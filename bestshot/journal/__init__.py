"""What was begun and what was done, for any kind of change, so that it can be finished or taken back."""
