"""One label, several labels or a number for a text or a pair of texts."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from tunesmith.data.labels import Labels
from tunesmith.data.survey import Survey, survey
from tunesmith.errors import UserError
from tunesmith.ranges import PositiveInt


class TextClassification:
    """Texts to tensors, predictions to scores.

    Args:
        text: column of the text.
        text_pair: column of the second text, or null.
        label: column of the label.
        problem: single_label, multi_label or regression.
        labels: names in the order of their numbers; null to learn them from the training split.
        metrics: scores of the final table; the first is monitored.
        average: of precision, recall and F1; null for binary with two labels, else macro.
        max_length: tokens; the longer text of a pair is cut first.
    """

    scores = {
        "single_label": ("accuracy", "precision", "recall", "f1", "matthews", "loss"),
        "multi_label": ("accuracy", "precision", "recall", "f1", "loss"),
        "regression": ("pearson", "spearman", "loss"),
    }
    array_columns = ("input_ids", "token_type_ids", "target")

    def __init__(
        self,
        *,
        text: str,
        text_pair: str | None,
        label: str,
        problem: Literal["single_label", "multi_label", "regression"],
        labels: list[str] | None,
        metrics: list[str],
        average: Literal["binary", "macro", "micro", "weighted"] | None,
        max_length: PositiveInt,
    ) -> None:
        self.text, self.text_pair, self.label, self.problem = text, text_pair, label, problem
        self.metric_names, self.average, self.max_length = metrics, average, max_length
        self.labels = None if labels is None and problem != "regression" else Labels(problem, tuple(labels or ()))

    @property
    def text_columns(self) -> list[str]:
        """Columns of the model's texts."""
        return [self.text] + ([self.text_pair] if self.text_pair else [])

    @property
    def columns(self) -> list[str]:
        """Columns that the data must have."""
        return [*self.text_columns, self.label]

    @property
    def outputs(self) -> int:
        """Width of the head's scores: the number of labels, or 1 for regression."""
        assert self.labels is not None, "survey the data first"
        return len(self.labels.names) or 1

    def survey(self, source: Any) -> Survey:
        """Check all rows and learn the labels; see `tunesmith.data.survey`."""
        names = list(self.labels.names) if self.labels else None
        found = survey(source, columns=self.text_columns, label=self.label, problem=self.problem, names=names)
        self.labels = found.labels
        if self.average == "binary" and self.problem == "single_label" and len(found.labels.names) != 2:
            raise UserError(
                f"dataset.average is binary, but there are {len(found.labels.names)} labels; set it to macro or micro"
            )
        return found

    def options(self) -> dict[str, Any]:
        """What besides data and tokenizer decides how rows are encoded: part of the cache's key."""
        return {"version": 1, "columns": self.columns, "max_length": self.max_length, "labels": self.labels}

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for a tokenizer that is trained on them."""
        for _, row in source.rows("train"):
            for column in self.text_columns:
                yield _text(row[column])

    def features(self, tokenizer: Any) -> Any:
        """The Arrow types of encoded examples."""
        import datasets

        types: dict[str, Any] = {"id": datasets.Value("string")}
        types |= {column: datasets.Value("string") for column in self.text_columns}
        types["input_ids"] = datasets.List(datasets.Value("uint16" if len(tokenizer) < 2**16 else "int32"))
        if "token_type_ids" in tokenizer.model_input_names:
            types["token_type_ids"] = datasets.List(datasets.Value("uint8"))
        number = datasets.Value("float32")
        types["target"] = {
            "single_label": datasets.Value("int64"),
            "multi_label": datasets.List(number),
            "regression": number,
        }[self.problem]
        return datasets.Features(types | {"length": datasets.Value("int32"), "truncated": datasets.Value("bool")})

    def encode(self, rows: Sequence[dict[str, Any]], tokenizer: Any) -> dict[str, list[Any]]:
        """Token ids of some rows; targets too where the rows have labels."""
        texts = [[_text(row.get(column)) for row in rows] for column in self.text_columns]
        found = tokenizer(*texts, truncation="longest_first", max_length=self.max_length, return_attention_mask=False)
        columns: dict[str, list[Any]] = {"id": [None if row.get("id") is None else str(row["id"]) for row in rows]}
        columns |= dict(zip(self.text_columns, texts, strict=True))
        # GPT-2 makes nothing of an empty text, and a model needs at least one token.
        stop = tokenizer(".", add_special_tokens=False)["input_ids"] or [tokenizer.unk_token_id]
        columns["input_ids"] = [ids or stop for ids in found["input_ids"]]
        if "token_type_ids" in found:
            columns["token_type_ids"] = [
                types or [0] * len(ids)
                for types, ids in zip(found["token_type_ids"], columns["input_ids"], strict=True)
            ]
        if self.label in rows[0]:
            assert self.labels is not None, "survey the data first"
            columns["target"] = [self.labels.encode(row[self.label]) for row in rows]
        columns["length"] = [len(ids) for ids in columns["input_ids"]]
        columns["truncated"] = [bool(encoding.overflowing) for encoding in found.encodings]
        return columns

    def collate(self, arrays: dict[str, list[Any]], rows: Any, tokenizer: Any) -> Any:
        """Pad on the side and with the ids that the tokenizer says."""
        import numpy as np
        import torch

        from tunesmith.data.batch import Batch
        from tunesmith.data.padding import pad

        inputs = {"input_ids": pad(arrays["input_ids"], value=tokenizer.pad_token_id, side=tokenizer.padding_side)}
        lengths = [len(ids) for ids in arrays["input_ids"]]
        if min(lengths) < max(lengths):  # without padding no mask, which lets attention take its quickest path
            ones = [np.ones(length, dtype=np.int64) for length in lengths]
            inputs["attention_mask"] = pad(ones, value=0, side=tokenizer.padding_side)
        if "token_type_ids" in arrays:
            side = tokenizer.padding_side
            inputs["token_type_ids"] = pad(arrays["token_type_ids"], value=tokenizer.pad_token_type_id, side=side)
        targets = {"labels": torch.from_numpy(np.asarray(arrays["target"]))} if "target" in arrays else {}
        return Batch(inputs, targets, rows)

    def metrics(self) -> Any:
        """The torchmetrics collection whose `update` takes predictions and labels."""
        from tunesmith.tasks.text_classification_metrics import metrics

        names = [name for name in self.scores[self.problem] if name != "loss"]
        return metrics(names, problem=self.problem, labels=self.outputs, average=self.average)

    def prediction(self, decoded: dict[str, Any]) -> dict[str, Any]:
        """One example's decoded scores as a person reads them.

        Args:
            decoded: `prediction`, and for labels `probabilities`, of one example as plain numbers.
        """
        assert self.labels is not None, "survey the data first"
        if self.problem == "regression":
            return {"prediction": decoded["prediction"]}
        probabilities = dict(zip(self.labels.names, decoded["probabilities"], strict=True))
        return {"prediction": self._names(decoded["prediction"]), "probabilities": probabilities}

    def scored(self, example: dict[str, Any], decoded: dict[str, Any]) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl: the texts, the true label and the prediction."""
        texts = {column: example[column] for column in self.text_columns}
        label = example["target"] if self.problem == "regression" else self._names(example["target"])
        return texts | {"label": label} | self.prediction(decoded)

    def _names(self, target: Any) -> Any:
        assert self.labels is not None
        if self.problem == "multi_label":
            return [name for name, on in zip(self.labels.names, target, strict=True) if on]
        return self.labels.names[int(target)]


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)
