"""What a run is told, from flags, environment and configuration file."""
