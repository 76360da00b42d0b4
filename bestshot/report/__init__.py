"""The report: a page to look at the groups, and to change what was decided, before anything is done."""
