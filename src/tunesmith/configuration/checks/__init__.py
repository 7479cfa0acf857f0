"""Checks for all mistakes in a config that can be found before the weights are loaded."""
