"""The lines of a survey: the number of examples of each label, then the warnings."""

from tunesmith.data.survey.printed import LABELS_SHOWN, findings
from tunesmith.data.survey.survey import Survey


def lines(counts, warnings=()):
    return list(findings(Survey({"train": 1}, "labels", counts=counts, warnings=list(warnings))))


def test_labels_and_warnings():
    counts = {"train": {"good": 12345, "a\nb": 0}, "test": {}}
    assert lines(counts, ["look here", "and here"]) == [
        r"train labels: good 12,345, a\nb 0",
        "Warning: look here",
        "Warning: and here",
    ]


def test_no_more_than_twenty_labels_are_shown():
    for more in (0, 1, 1234):
        (line,) = lines({"train": {f"l{number}": number for number in range(LABELS_SHOWN + more)}})
        assert line.count(",") - more // 1000 == LABELS_SHOWN - 1
        assert line.endswith(f"l{LABELS_SHOWN - 1} {LABELS_SHOWN - 1}" + (f" and {more:,} more" if more else ""))
