"""From the bytes of any format to upright pixels."""
