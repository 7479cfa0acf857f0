"""Everything that can be known to be wrong with a config before any weights load."""
