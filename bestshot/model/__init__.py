"""What travels between the packages, frozen: photos, times, measurements, groups and verdicts."""
