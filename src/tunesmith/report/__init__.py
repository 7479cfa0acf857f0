"""Reads runs, and puts those together that differ in their seed only."""
