"""The page on which a person looks at the groups and decides otherwise."""
