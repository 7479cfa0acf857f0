"""Searches with Optuna: sampling, objectives and pruning."""
