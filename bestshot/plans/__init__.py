"""A plan as a document, and the decisions that a person made on one."""
