"""The craft of Photo Organizer: measuring, grouping, judging and planning; it never imports the root modules."""

__version__ = "0.1.0"
