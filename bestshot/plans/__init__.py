"""The plan of a run as a document, and what a person decided on one."""
