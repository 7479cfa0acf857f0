"""Tasks: the task-specific handling of data and scores, one file each.

A task has
- `text_columns`, `gold_columns`, `columns`: input columns, target columns, and both; `pre_split`: whether rows hold
  lists of words;
- `survey(source) -> Survey`: checks every row and collects the labels; `state()` and `restore(state)`: what a run saves
  of them;
- `features(tokenizer)`, `encode(rows, tokenizer) -> Encoded`, `array_columns`, `collate(arrays, rows, tokenizer) ->
  Batch`: rows to examples and windows, windows to batches; `options()`: whatever the encoding depends on;
- `encode_all(chunks, tokenizer)`, optional: a split's rows to examples that cross chunk boundaries;
- `assemble(split, outputs)`: a prediction for each example from the head's decoded output for each window;
- `score(split, predictions) -> dict`, the constant `scores` with their names, and `tune`, which tunes on the validation
  split; `label_scores(split, predictions)`, optional: precision, recall, F1 and support of each label;
- `data_settings`: a constant with the settings that describe the data; `evaluate` takes them from a new dataset, and all
  others from the run;
- `embeds`, optional: predictions are embeddings, which `predict` can write as arrays;
- `shown(prediction)`, `line(example, prediction)` and `files(split, predictions)`: predictions in readable form and for
  official scripts.

`text_classification` is the simplest example.
"""
