"""What the server serves: a table of routes, and the handlers of each subject, which enter themselves into it."""
