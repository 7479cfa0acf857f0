"""Figures: one look, and one file for each kind, drawn from plain numbers."""
