"""The kinds of marks, a module for each: its changes as data, and how they are planned, taken back and worded."""
