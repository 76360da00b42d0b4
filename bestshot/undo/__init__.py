"""Taking a run back, and the history of what was done."""
