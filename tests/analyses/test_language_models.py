"""Loss and perplexity are those over all tokens, not the mean over texts."""

import numpy as np
import pytest

from tests.analyses.tables import part, texts
from tunesmith.analyses.analysis import analysis

DATASET = {"task": "language_modeling", "text": "text"}


def test_the_scores_weigh_tokens():
    losses = [[1.0, 2.0], [3.0], []]  # of each token of each text
    rows = [
        {"id": str(n), "text": f"text {n}", "tokens": len(each), "loss": np.mean(each) if each else None}
        | {"perplexity": None, "accuracy": 0.5 if each else None}
        for n, each in enumerate(losses)
    ]
    section = analysis(DATASET, [rows], split="test")
    (row,) = part(section, "test-scores").rows
    assert row[:2] == [3, 3]
    assert [cell.mean for cell in row[2:]] == pytest.approx([2.0, np.exp(2.0), 0.5])
    assert [cells[0] for cells in part(section, "test-worst").rows] == ["1", "0"]  # a text without tokens has no loss
    rows = [{key: value for key, value in row.items() if key != "text"} for row in rows]  # blocks have no text
    assert len(analysis(DATASET, [rows], split="test").parts) == 1
    assert texts(analysis(DATASET, [rows[2:]], split="test")) == ["No token of test was predicted."]
