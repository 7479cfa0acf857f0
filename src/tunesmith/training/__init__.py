"""Training and scoring of a run, and its logging."""
