"""Metrics of text classification, all from torchmetrics."""

from collections.abc import Sequence
from typing import Any

from torchmetrics import MetricCollection, PearsonCorrCoef, SpearmanCorrCoef
from torchmetrics import classification as tm

_WHOLE: Any = {"sync_on_compute": False}  # one process holds the whole split


def metrics(names: Sequence[str], *, problem: str, labels: int, average: Any) -> MetricCollection:
    """The named metrics, for a process that holds the whole split.

    Accuracy counts examples; in multi-label problems all labels must be correct, as in scikit-learn's `accuracy_score`.
    Precision, recall and F1 are those of the second label with average `binary`, else averaged over the labels.

    Args:
        names: any of accuracy, precision, recall, f1, matthews, pearson, spearman.
        problem: single_label, multi_label or regression.
        labels: number of labels.
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
