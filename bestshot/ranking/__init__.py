"""From groups to verdicts: which photo of a group is best, and why."""
