"""Loggers.

A target of the group `logger` takes (folder, config, completed optimizer steps) and its settings, and gives a logger of
Lightning's. What is logged is decided elsewhere; each logger only says it in the terms of its service. It may also have:

- `describe(description)`, called before the first value: see `tunesmith.loggers.run_description`;
- `complete(results)`, called once the model is scored: see `tunesmith.loggers.results`; a logger without it gets the scores as
  values `final/test/f1` at the last step;
- `close(state)` or `close()`, called at the end of the run, which is done, failed, interrupted or pruned.
"""
