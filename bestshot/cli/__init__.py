"""The command line: parses, composes a run, prints, and turns errors into exit codes."""
