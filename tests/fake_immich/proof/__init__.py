"""What the fake is held against: the published API descriptions, and recordings of real servers."""
