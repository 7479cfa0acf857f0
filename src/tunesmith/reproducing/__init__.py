"""Trains again what was recorded, and says whether a difference is noise."""
