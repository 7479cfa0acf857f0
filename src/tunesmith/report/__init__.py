"""Reads runs, and groups those that differ only in their seed."""
