"""Photo Organizer, one package a subject: groups near-identical photos, picks the best of each group, and says why."""

__version__ = "0.3.0"
