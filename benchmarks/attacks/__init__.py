"""Attacks on the program, and the arena in which they are made; `benchmarks/attack.py` leads them."""
