"""Predictions for new texts, as a stream."""
