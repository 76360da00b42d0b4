"""What the tool costs, measured; never run by the tests."""
