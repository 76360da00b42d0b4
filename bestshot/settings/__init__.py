"""What a run is asked for, by flags, environment and configuration file."""
