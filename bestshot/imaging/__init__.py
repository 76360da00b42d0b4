"""From bytes to upright pixels."""
