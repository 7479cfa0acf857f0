"""Loggers: a target takes (folder, config, optimizer steps already done) and its settings; `close()`, if it has one, ends the run."""
