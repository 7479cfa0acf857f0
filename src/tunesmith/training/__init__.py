"""The trainer and where messages go."""
