"""Answers to what reviewers ask of experiments, one checklist item a file."""
