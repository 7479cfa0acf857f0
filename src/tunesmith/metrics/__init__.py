"""Scores that torchmetrics lacks, and the collections of each task."""
