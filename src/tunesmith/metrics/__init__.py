"""Metrics that torchmetrics lacks, and the metric collections of each task."""
