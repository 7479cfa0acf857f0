"""From rows to token ids: texts, words, windows, contexts and blocks."""
