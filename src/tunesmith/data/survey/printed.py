"""What a survey found, as lines for `check` and `train`."""

from collections.abc import Iterator

from tunesmith.data.survey.survey import Survey
from tunesmith.errors.messages import shortened

LABELS_SHOWN = 20  # of a split; manifest.json has all


def findings(survey: Survey) -> Iterator[str]:
    """A line with the number of examples of each label for each split, then the warnings."""
    for split, counts in survey.counts.items():
        if counts:
            shown = ", ".join(f"{shortened(label)} {count:,}" for label, count in list(counts.items())[:LABELS_SHOWN])
            rest = len(counts) - LABELS_SHOWN
            yield f"{split} labels: {shown}" + (f" and {rest:,} more" if rest > 0 else "")
    for warning in survey.warnings:
        yield f"Warning: {warning}"
