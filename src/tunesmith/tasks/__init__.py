"""Tasks: what differs between kinds of problem in the data and in the scores, one file each.

A task surveys a source, encodes rows, collates batches, names its metrics and formats predictions;
`text_classification` is the pattern.
"""
