"""Scores of text classification by their plain names, all from torchmetrics."""

from collections.abc import Sequence
from typing import Any

from torchmetrics import MetricCollection, PearsonCorrCoef, SpearmanCorrCoef
from torchmetrics import classification as tm

_WHOLE: Any = {"sync_on_compute": False}  # one process has the whole split


def metrics(names: Sequence[str], *, problem: str, labels: int, average: Any) -> MetricCollection:
    """The metrics of some names, for a process that has the whole split.

    Accuracy counts examples; of several labels all must be right, as in scikit-learn's `accuracy_score`. Precision,
    recall and F1 are the second label's with average `binary`, else averaged over the labels.

    Args:
        names: of accuracy, precision, recall, f1, matthews, pearson, spearman.
        problem: single_label, multi_label or regression.
        labels: how many there are.
        average: binary, macro, micro or weighted; null for binary with two labels, else macro.
    """
    if problem == "regression":
        built: dict[str, Any] = {"pearson": PearsonCorrCoef(**_WHOLE), "spearman": SpearmanCorrCoef(**_WHOLE)}
    elif problem == "multi_label":
        options: Any = {"num_labels": labels, "average": average or "macro", "validate_args": False} | _WHOLE
        built = {
            "accuracy": tm.MultilabelExactMatch(num_labels=labels, validate_args=False, **_WHOLE),
            "precision": tm.MultilabelPrecision(**options),
            "recall": tm.MultilabelRecall(**options),
            "f1": tm.MultilabelF1Score(**options),
        }
    else:
        many: Any = {"num_classes": labels, "validate_args": False} | _WHOLE
        built = {
            "accuracy": tm.MulticlassAccuracy(**many, average="micro"),
            "matthews": tm.MulticlassMatthewsCorrCoef(**many),
        }
        if (average or ("binary" if labels == 2 else "macro")) == "binary":
            built["precision"] = tm.BinaryPrecision(validate_args=False, **_WHOLE)
            built["recall"] = tm.BinaryRecall(validate_args=False, **_WHOLE)
            built["f1"] = tm.BinaryF1Score(validate_args=False, **_WHOLE)
        else:
            built["precision"] = tm.MulticlassPrecision(**many, average=average or "macro")
            built["recall"] = tm.MulticlassRecall(**many, average=average or "macro")
            built["f1"] = tm.MulticlassF1Score(**many, average=average or "macro")
    return MetricCollection({name: built[name] for name in names})
