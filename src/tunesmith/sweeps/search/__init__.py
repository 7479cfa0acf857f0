"""Searches: what Optuna asks for, what it is told, and which trials it prunes."""
