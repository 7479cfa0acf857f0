"""Names of jobs, as a person would write them."""

import pytest

from tunesmith.loggers.short_names import short_name


@pytest.mark.parametrize(
    "overrides,name",
    [
        ({}, ""),
        ({"optimizer.lr": "3e-5", "regularization": "[standard,rdrop]", "seed": "2"}, "lr=3e-5 rdrop seed=2"),
        ({"regularization": "[standard]"}, "standard"),
        ({"regularization": "[]"}, "no regularization"),
        ({"regularization": "[rdrop,llrd]"}, "rdrop+llrd"),
        ({"experiment": "demo/tapt", "backbone": "bert"}, "demo/tapt bert"),
        ({"optimizer.lr": "1", "backbone.learning_rate": "2"}, "lr=1 learning_rate=2"),
        ({"regularization.fgm.epsilon": "1", "regularization.vat.epsilon": "2"}, "fgm.epsilon=1 vat.epsilon=2"),
        ({"+head.dropout": "0.1"}, "dropout=0.1"),
        ({"dataset.text": "a\n\tb"}, "text=a b"),
        ({"dataset.text": "a\x1b[31mb"}, "text=a?[31mb"),
    ],
)
def test_a_name_has_what_sets_a_run_apart(overrides, name):
    assert short_name(overrides) == name


def test_a_long_name_is_cut():
    name = short_name({"dataset.train": "x" * 500})
    assert len(name) == 120 and name.startswith("train=xxx") and name.endswith("…")
