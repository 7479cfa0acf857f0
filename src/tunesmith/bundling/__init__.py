"""Bundles: what another person needs to check a paper's table, as one file that is safe to open."""
