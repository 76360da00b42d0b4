"""What packages the program and runs it by itself: the container, and the units of service managers."""
