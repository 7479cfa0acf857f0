"""Sweeps: a space of configs, the jobs in it, and the launchers that run them."""
