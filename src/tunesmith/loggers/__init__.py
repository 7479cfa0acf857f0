"""Loggers: a target takes (folder, config) and its settings; `close()`, if it has one, ends the run."""
