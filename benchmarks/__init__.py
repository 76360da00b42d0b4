"""Benchmarks of quality and cost; never run by the tests."""
