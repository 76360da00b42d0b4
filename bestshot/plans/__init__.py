"""The plan of a run as a document, and what people decided in it."""
