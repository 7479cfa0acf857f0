"""Loggers.

A target of the group `logger` takes (folder, config, completed optimizer steps) and its settings; `close(state)` or
`close()`, if its logger has one, is called at the end of the run, which is done, failed, interrupted or pruned.
"""
