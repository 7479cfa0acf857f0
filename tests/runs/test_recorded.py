"""A run that is resumed has to be the one that was started: it numbers its labels as it began."""

import json

import pytest

from tunesmith.errors import UserError
from tunesmith.runs.folder import RunFolder


@pytest.mark.parametrize(
    "recorded,names,learnt,message",
    [
        ({"label_names": ["a", "b"]}, ["a", "b"], True, None),
        ({"label_names": ["a", "b"]}, ["b", "a"], True, "numbered its labels as a, b, now they are b, a"),
        ({"label_names": ["a", "b"]}, ["b", "a"], False, "numbered its labels as a, b, now they are b, a"),
        ({"label_names": []}, [], False, None),
        # version 0.1 recorded none
        ({}, ["1", "2", "10"], True, None),
        ({}, ["007", "7"], True, "in an order that differed between processes"),
        ({}, ["10", "inf", "2"], True, "numbered its labels as 2, 10, inf, now they are 10, inf, 2"),
        ({}, ["10", "inf", "2"], False, None),  # named by the config
        (None, ["b", "a"], True, None),  # was not started before
    ],
)
def test_the_order_of_labels(tmp_path, recorded, names, learnt, message):
    if recorded is not None:
        (tmp_path / "manifest.json").write_text(json.dumps({"data": recorded}))
    run = RunFolder(tmp_path)
    if message is None:
        run.recorded.check_labels(names, learnt=learnt)
        return
    with pytest.raises(UserError, match=message):
        run.recorded.check_labels(names, learnt=learnt)
