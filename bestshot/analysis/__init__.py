"""Pictures measured: hashes, the closer comparison, sharpness and faces; what the index knows is not measured again."""
