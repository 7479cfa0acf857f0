"""Loggers.

A target of the group `logger` takes (folder, config, completed optimizer steps) and its settings, and gives a logger of
Lightning's. What is logged is decided elsewhere; each logger only says it in the terms of its service. It may also have:

- `describe(description)`, called before the first value: see `tunesmith.loggers.run_description`;
- `close(state)` or `close()`, called at the end of the run, which is done, failed, interrupted or pruned.
"""
