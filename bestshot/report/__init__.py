"""The report: a page on which a person reviews the groups and may decide otherwise."""
