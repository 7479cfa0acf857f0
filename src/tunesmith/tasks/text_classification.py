"""Single-label, multi-label and regression problems on texts or pairs of texts."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from tunesmith.configuration.own_metrics import is_own, short_name
from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.encoding.column_names import check_columns
from tunesmith.data.encoding.label_names import given_names
from tunesmith.data.encoding.labels import Labels
from tunesmith.data.encoding.texts import as_text
from tunesmith.data.survey.labels import survey_labels
from tunesmith.data.survey.survey import Survey
from tunesmith.errors import UserError
from tunesmith.errors.messages import shortened

_OWN = ("id", "target", "truncated", "label", "prediction", "probabilities")  # columns of examples and predictions


class TextClassification:
    """Texts to tensors, predictions to scores.

    Args:
        text: column of the text.
        text_pair: column of the second text, or null.
        label: column of the label.
        problem: single_label, multi_label or regression.
        labels: names in the order of their ids; null to collect them from the training split.
        metrics: scores in the final table; the first is monitored. A score's name, or a class: torchmetrics.classification.NAME,
            torchmetrics.regression.NAME, or one of a plugin.
        average: averaging of precision, recall and F1; null for binary with two labels, else macro.
        max_length: maximum number of tokens; the longer text of a pair is truncated first.
    """

    scores = {
        "single_label": (
            "accuracy",
            "precision",
            "recall",
            "f1",
            "matthews",
            "balanced_accuracy",
            "roc_auc",
            "average_precision",
            "log_loss",
            "brier",
            "calibration_error",
            "loss",
        ),
        "multi_label": (
            "accuracy",
            "precision",
            "recall",
            "f1",
            "roc_auc",
            "average_precision",
            "log_loss",
            "brier",
            "calibration_error",
            "loss",
        ),
        "regression": ("pearson", "spearman", "mae", "rmse", "loss"),
    }
    data_settings = ("text", "text_pair", "label", "labels")
    array_columns = ("input_ids", "token_type_ids", "target")
    pre_split = False  # texts, not words

    def __init__(
        self,
        *,
        text: str,
        text_pair: str | None,
        label: str,
        problem: Literal["single_label", "multi_label", "regression"],
        labels: list[str | bool | int | float] | None,
        metrics: list[str],
        average: Literal["binary", "macro", "micro", "weighted"] | None,
        max_length: PositiveInt,
    ) -> None:
        check_columns({"text": text, "text_pair": text_pair}, _OWN)
        self.text, self.text_pair, self.label, self.problem = text, text_pair, label, problem
        self.metric_names, self.average, self.max_length = [short_name(name) for name in metrics], average, max_length
        self._own_metrics = [name for name in metrics if is_own(name)]
        try:
            self._given = given_names(labels or ())
        except ValueError as error:
            raise UserError(f"dataset.labels: {error}") from None
        self.labels = (
            Labels(problem, self._given, self._given) if labels is not None or problem == "regression" else None
        )

    @property
    def text_columns(self) -> list[str]:
        """Columns of the input texts."""
        return [self.text] + ([self.text_pair] if self.text_pair else [])

    @property
    def columns(self) -> list[str]:
        """Required columns of the data."""
        return [*self.text_columns, self.label]

    @property
    def gold_columns(self) -> list[str]:
        """Columns that the model predicts."""
        return [self.label]

    @property
    def counted(self) -> dict[str, str]:
        """Columns of the encoded examples whose sums are reported, and their descriptions."""
        return {"truncated": f"cut to {self.max_length} tokens"}

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names in the order of their ids; empty for regression."""
        assert self.labels is not None, "survey the data first"
        return self.labels.names

    @property
    def outputs(self) -> int:
        """Dimension of the head's scores: the number of labels, or 1 for regression."""
        return len(self.label_names) or 1

    def state(self) -> dict[str, Any]:
        """What a run saves about its data."""
        return {"labels": list(self.label_names)}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        self.labels = Labels(self.problem, tuple(state["labels"]), self._given)

    def survey(self, source: Any) -> Survey:
        """Check all rows and collect the labels."""
        self.labels, found = survey_labels(
            source, columns=self.text_columns, label=self.label, problem=self.problem, labels=self.labels
        )
        if self.average == "binary" and self.problem == "single_label" and len(self.labels.names) != 2:
            raise UserError(
                f"dataset.average is binary, but there are {len(self.labels.names)} labels; set it to macro or micro"
            )
        return found

    def options(self) -> dict[str, Any]:
        """What the encoding depends on besides data and tokenizer: part of the cache key."""
        options = {"version": 2, "columns": self.columns, "max_length": self.max_length, "labels": self.labels}
        return options | (self.labels.reading() if self.labels else {})

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for training a tokenizer."""
        for _, row in source.rows("train"):
            for column in self.text_columns:
                yield as_text(row.get(column))

    def features(self, tokenizer: Any) -> tuple[Any, Any]:
        """The Arrow types of encoded examples, and of their windows: one each."""
        import datasets

        from tunesmith.data.encoding.features import input_types

        number = datasets.Value("float32")
        target = {
            "single_label": datasets.Value("int64"),
            "multi_label": datasets.List(number),
            "regression": number,
        }[self.problem]
        examples: dict[str, Any] = {"id": datasets.Value("string")}
        examples |= {column: datasets.Value("string") for column in self.text_columns}
        examples |= {"target": target, "truncated": datasets.Value("bool")}
        return datasets.Features(examples), datasets.Features(input_types(tokenizer) | {"target": target})

    def encode(self, rows: Sequence[dict[str, Any]], tokenizer: Any) -> Any:
        """Token ids of some rows, with targets if the rows have labels."""
        from tunesmith.data.encoding.encoded import Encoded
        from tunesmith.data.encoding.texts import encode_texts

        texts = [[as_text(row.get(column)) for row in rows] for column in self.text_columns]
        encoded = encode_texts(*texts, tokenizer=tokenizer, max_length=self.max_length)
        windows: dict[str, list[Any]] = {"input_ids": encoded.input_ids}
        if encoded.token_type_ids:
            windows["token_type_ids"] = encoded.token_type_ids
        windows["length"] = [len(ids) for ids in windows["input_ids"]]
        windows["example"] = list(range(len(rows)))
        examples: dict[str, list[Any]] = {"id": [None if row.get("id") is None else str(row["id"]) for row in rows]}
        examples |= dict(zip(self.text_columns, texts, strict=True))
        examples["truncated"] = encoded.truncated
        if self.label in rows[0]:
            assert self.labels is not None, "survey the data first"
            windows["target"] = examples["target"] = [self.labels.encode(row[self.label]) for row in rows]
        return Encoded(examples, windows)

    def collate(self, arrays: dict[str, list[Any]], rows: Any, tokenizer: Any) -> Any:
        """A batch of some windows."""
        import numpy as np
        import torch

        from tunesmith.data.batch import Batch
        from tunesmith.data.padding import model_inputs

        targets = {"labels": torch.from_numpy(np.asarray(arrays["target"]))} if "target" in arrays else {}
        return Batch(model_inputs(arrays, tokenizer), targets, rows)

    def label_counts(self, split: Any) -> Any:
        """(labels,) number of examples with each label."""
        import numpy as np

        targets = np.array(split.examples.data.column("target").to_pylist())
        if self.problem == "multi_label":
            return targets.sum(0)
        return np.bincount(targets, minlength=self.outputs)

    def assemble(self, split: Any, outputs: dict[str, list[Any]]) -> list[dict[str, Any]]:
        """A prediction for each example, with the keys `prediction` and `probabilities`."""
        return [dict(zip(outputs, values, strict=True)) for values in zip(*outputs.values(), strict=True)]

    def score(self, split: Any, predictions: list[dict[str, Any]]) -> dict[str, float]:
        """Scores of the predictions by name."""
        import numpy as np

        from tunesmith.metrics import own
        from tunesmith.metrics import text_classification as metrics

        targets, found = self._targets_and_predictions(split, predictions)
        if self.problem == "regression":
            return metrics.number_scores(targets, found) | own.scores(self._own_metrics, targets, found, None)
        probabilities = np.stack([prediction["probabilities"] for prediction in predictions])
        scores = metrics.label_set_scores if self.problem == "multi_label" else metrics.label_scores
        of_classes = own.scores(self._own_metrics, targets, found, probabilities)
        return scores(targets, found, probabilities, average=self.average) | of_classes

    def label_scores(self, split: Any, predictions: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
        """Precision, recall, F1 and support of each label, for several labels also its calibration; empty for regression."""
        import numpy as np

        from tunesmith.metrics import confusion
        from tunesmith.metrics import text_classification as metrics

        targets, found = self._targets_and_predictions(split, predictions)
        if self.problem == "regression":
            return {}
        if self.problem == "multi_label":
            counts = (targets * found).sum(0), found.sum(0), targets.sum(0)
            probabilities = np.stack([prediction["probabilities"] for prediction in predictions])
            each = metrics.calibration_by_label(targets, found.astype(np.int64), probabilities)
            rows = confusion.by_label(*counts, names=self.label_names)
            return {name: row | scores for (name, row), scores in zip(rows.items(), each, strict=True)}
        matrix = confusion.confusion(targets, found, labels=self.outputs)
        return confusion.by_label(matrix.diagonal(), matrix.sum(0), matrix.sum(1), names=self.label_names)

    def _targets_and_predictions(self, split: Any, predictions: list[dict[str, Any]]) -> tuple[Any, Any]:
        """(examples,) or (examples, labels) each: numbers for regression, else ids or 0 and 1."""
        import numpy as np

        targets = np.array(split.examples.data.column("target").to_pylist())
        found = np.stack([prediction["prediction"] for prediction in predictions])
        return (targets, found) if self.problem == "regression" else (targets.astype(np.int64), found)

    def scores_note(self) -> str | None:
        """A sentence on what the scores mean: the label of binary precision, recall and F1."""
        if self.problem != "single_label" or self.outputs != 2 or self.average not in (None, "binary"):
            return None
        return f"precision, recall and f1 are those of the label {shortened(self.label_names[1])}"

    def tune(self, split: Any, predictions: list[dict[str, Any]]) -> None:
        """Nothing is tuned on the validation split."""

    def shown(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """A prediction in readable form."""
        if self.problem == "regression":
            return {"prediction": float(prediction["prediction"])}
        probabilities = dict(zip(self.label_names, prediction["probabilities"].tolist(), strict=True))
        return {"prediction": self._names(prediction["prediction"]), "probabilities": probabilities}

    def line(self, example: dict[str, Any], prediction: dict[str, Any]) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl: the texts, the true label and the prediction."""
        texts = {column: example[column] for column in self.text_columns}
        label = example["target"] if self.problem == "regression" else self._names(example["target"])
        return texts | {"label": label} | self.shown(prediction)

    def files(self, split: Any, predictions: list[dict[str, Any]]) -> dict[str, Any]:
        """There is no official format for predictions."""
        return {}

    def row_of_text(self, text: str) -> dict[str, Any] | None:
        """The row for a line of plain text; None if a single text is not enough."""
        return {self.text: text} if self.text_pair is None else None

    def _names(self, target: Any) -> Any:
        assert self.labels is not None, "survey the data first"
        return self.labels.decode(target)
