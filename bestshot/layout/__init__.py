"""The folders of groups on a disk: planned, made, and taken back."""
