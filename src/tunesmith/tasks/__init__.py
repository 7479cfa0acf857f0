"""Tasks: what differs between kinds of problem in the data and in the scores, one file each.

A task has
- `text_columns`, `gold_columns`, `columns`: what rows must have, what is to be predicted, and both; `pre_split`: rows hold words;
- `survey(source) -> Survey`: checks every row and learns the labels; `state()` and `restore(state)`: what a run remembers;
- `features(tokenizer)`, `encode(rows, tokenizer) -> Encoded`, `array_columns`, `collate(arrays, rows, tokenizer) -> Batch`:
  rows to examples and windows, windows to batches; `options()` names whatever the encoding depends on;
- `encode_all(chunks, tokenizer)`, which a task may have: a split's rows to examples where these reach over chunks;
- `assemble(split, outputs)`: a prediction for each example from what the head decoded for each window;
- `score(split, predictions) -> dict`, the constant `scores` with their names, and `tune`, which fixes on the validation split what is tuned;
- `embeds`, which a task may have: predictions are embeddings, which `predict` can write as arrays;
- `shown(prediction)`, `line(example, prediction)` and `files(split, predictions)`: predictions for people and for official scripts.

`text_classification` is the pattern.
"""
