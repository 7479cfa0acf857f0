"""Loggers.

A target of the group `logger` takes (folder, config, completed optimizer steps) and its settings; `close()`, if its
logger has one, is called at the end of the run.
"""
