"""Runs that nobody watches: when they are due, and what came of the last ones, for health checks and metrics."""
