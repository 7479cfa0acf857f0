"""Sentence embeddings: trained on single texts, pairs or triplets, evaluated on human-scored pairs (SimCSE).

Gao et al. (2021) encode a text twice, or a text, a positive and a hard negative; they evaluate by the rank correlation
of cosine similarities with human scores over all pairs of a test set.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.encoding.column_names import check_columns
from tunesmith.data.encoding.label_names import target_number
from tunesmith.data.encoding.texts import as_text
from tunesmith.data.survey.survey import Survey
from tunesmith.errors import UserError

SUFFIXES = ("", "_2", "_3")  # of the columns of an example's first, second and third text
CLOSE = 0.8  # a pair is positive from this fraction of the split's largest score: 4 of 5, as in the paper
UNIFORMITY_TEXTS = 20_000  # maximum, evenly spaced: the number of pairs is quadratic


_OWN = ("id", "target", "truncated", "similarity")  # columns of examples and predictions


class Contrastive:
    """An example is a training text, pair or triplet, or a scored pair: a window holds up to three lists of ids.

    Args:
        text: column of the training text.
        positive: column of a text with the same meaning; null: the text itself, with different dropout.
        negative: column of a hard negative, or null.
        first: column of a scored pair's first text. A validation or test row with the column `score` is such a pair.
        second: column of its second text.
        score: column of its score, a number that increases with similarity.
        metrics: scores in the final table; the first is monitored.
        max_length: maximum number of tokens of each text.
    """

    scores = ("spearman", "pearson", "alignment", "uniformity", "loss")
    data_settings = ("text", "positive", "negative", "first", "second", "score")
    array_columns = (
        "input_ids",
        "input_ids_2",
        "input_ids_3",
        "token_type_ids",
        "token_type_ids_2",
        "token_type_ids_3",
    )
    pre_split = False
    embeds = True  # predictions are embeddings
    label_names: tuple[str, ...] = ()

    def __init__(
        self,
        *,
        text: str,
        positive: str | None,
        negative: str | None,
        first: str,
        second: str,
        score: str,
        metrics: list[str],
        max_length: PositiveInt,
    ) -> None:
        self.text, self.first, self.second, self.score_column = text, first, second, score
        self.metric_names, self.max_length = metrics, max_length
        if negative is not None and positive is None:
            raise UserError(
                f"dataset.negative is {negative}, but dataset.positive is null; expected a column of texts with the same meaning for "
                "dataset.positive, or dataset.negative=null"
            )
        check_columns({"text": text, "positive": positive, "negative": negative}, _OWN)
        check_columns({"first": first, "second": second}, _OWN)
        self._others = [column for column in (positive, negative) if column is not None]
        self.text_columns, self.columns = [text], [text, *self._others]
        self.searched_columns = [*self.columns, first, second]  # for special tokens
        self.gold_columns = [*self._others, score]  # without them a row is a text to embed
        self.counted = {"truncated": f"cut to {max_length} tokens"}

    def state(self) -> dict[str, Any]:
        """Nothing: no labels are collected."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing to restore."""

    def survey(self, source: Any) -> Survey:
        """Check all rows."""
        from tunesmith.data.survey.pairs import survey_pairs

        return survey_pairs(source, self)

    def options(self) -> dict[str, Any]:
        """What the encoding depends on besides data and tokenizer: part of the cache key."""
        columns = [self.columns, self.first, self.second, self.score_column]
        return {"task": "contrastive", "version": 1, "columns": columns, "max_length": self.max_length}

    def is_scored(self, row: dict[str, Any]) -> bool:
        """Whether a row is a scored pair."""
        return all(column in row for column in (self.first, self.second, self.score_column))

    def read(self, row: dict[str, Any]) -> tuple[list[str], float | None]:
        """A row's texts, and the score of a scored pair.

        Raises:
            ValueError: for a score that is not a number, and for an empty positive or negative.
        """
        if self.is_scored(row):
            return [as_text(row[self.first]), as_text(row[self.second])], self._number(row[self.score_column])
        others = [column for column in self._others if column in row]  # texts for `predict` have none
        for column in others:
            if not as_text(row[column]).strip():
                raise ValueError(f"the {column} is empty; fill it or drop the row")
        return [as_text(row.get(column)) for column in (self.text, *others)], None

    def _number(self, cell: Any) -> float:
        try:
            return target_number(cell)
        except ValueError:
            raise ValueError(f"{self.score_column} is {cell!r}; expected a number") from None

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for training a tokenizer."""
        for _, row in source.rows("train"):
            yield from self.read(row)[0]

    def features(self, tokenizer: Any) -> tuple[Any, Any]:
        """The Arrow types of encoded examples, and of their windows: one each."""
        import datasets

        from tunesmith.data.encoding.features import input_types

        text, types = datasets.Value("string"), input_types(tokenizer)
        examples = {"id": text} | dict.fromkeys((*self.columns, self.first, self.second), text)
        examples |= {"target": datasets.Value("float64"), "truncated": datasets.Value("bool")}
        ids = {name: kind for name, kind in types.items() if name.endswith("_ids")}
        windows = types | {name + suffix: kind for suffix in SUFFIXES[1:] for name, kind in ids.items()}
        return datasets.Features(examples), datasets.Features(windows)

    def encode(self, rows: Sequence[dict[str, Any]], tokenizer: Any) -> Any:
        """Token ids of some rows, which all have the same number of texts; empty lists for missing texts."""
        from tunesmith.data.encoding.encoded import Encoded
        from tunesmith.data.encoding.texts import encode_texts

        read = [self.read(row) for row in rows]
        columns = [self.first, self.second] if read[0][1] is not None else self.columns[: len(read[0][0])]
        texts = dict(zip(columns, zip(*(found for found, _ in read), strict=True), strict=True))
        encoded = [encode_texts(part, tokenizer=tokenizer, max_length=self.max_length) for part in texts.values()]
        absent: list[list[int]] = [[]] * len(rows)
        windows: dict[str, list[Any]] = {}
        for number, suffix in enumerate(SUFFIXES):
            present = number < len(encoded)
            windows["input_ids" + suffix] = encoded[number].input_ids if present else absent
            if encoded[0].token_type_ids:
                windows["token_type_ids" + suffix] = encoded[number].token_type_ids if present else absent
        windows["length"] = [max(map(len, ids)) for ids in zip(*(part.input_ids for part in encoded), strict=True)]
        windows["example"] = list(range(len(rows)))
        examples: dict[str, list[Any]] = {"id": [None if row.get("id") is None else str(row["id"]) for row in rows]}
        for column in (*self.columns, self.first, self.second):
            examples[column] = list(texts.get(column, [None] * len(rows)))
        examples["target"] = [score for _, score in read]
        examples["truncated"] = [any(cut) for cut in zip(*(part.truncated for part in encoded), strict=True)]
        return Encoded(examples, windows)

    def collate(self, arrays: dict[str, list[Any]], rows: Any, tokenizer: Any) -> Any:
        """A batch whose inputs are all first texts, then all second texts, then all third texts.

        `layout["places"]`, (texts, batch), holds the indices of each example's texts in the inputs.
        """
        import torch

        from tunesmith.data.batch import Batch
        from tunesmith.data.padding import model_inputs

        present = [suffix for suffix in SUFFIXES if len(arrays["input_ids" + suffix][0])]
        stacked: dict[str, list[Any]] = {
            name: [ids for suffix in present for ids in arrays[name + suffix]]
            for name in ("input_ids", "token_type_ids")
            if name in arrays
        }
        places = torch.arange(len(stacked["input_ids"])).view(len(present), -1)
        return Batch(model_inputs(stacked, tokenizer), {}, rows, {"places": places})

    def assemble(self, split: Any, outputs: dict[str, list[Any]]) -> list[dict[str, Any]]:
        """The embeddings of each example: `embedding`, and `embedding_2` and `embedding_3` of its other texts."""
        return [dict(zip(outputs, values, strict=True)) for values in zip(*outputs.values(), strict=True)]

    def score(self, split: Any, predictions: list[dict[str, Any]]) -> dict[str, float]:
        """Scores by name, as far as the split's rows allow.

        Spearman and Pearson correlations of cosine similarities with the scores over all pairs; alignment of the pairs
        whose score is at least 0.8 of the split's largest, or of texts and their positives; uniformity of first and
        second texts.
        """
        import numpy as np

        from tunesmith.metrics import embeddings, regression

        names = [f"embedding{suffix}" for suffix in SUFFIXES[:2] if f"embedding{suffix}" in predictions[0]]
        texts = [np.stack([prediction[name] for prediction in predictions]).astype(np.float64) for name in names]
        targets = np.asarray(split.examples.data.column("target").to_numpy()).astype(np.float64)
        found: dict[str, float] = {}
        positive = np.ones(len(targets), dtype=bool)
        if not np.isnan(targets).any():
            cosine = embeddings.cosine(*texts)
            found |= {
                "spearman": regression.spearman(targets, cosine),
                "pearson": regression.pearson(targets, cosine),
            }
            positive = targets >= CLOSE * targets.max()
        if len(texts) == 2:
            found["alignment"] = embeddings.alignment(*(part[positive] for part in texts))
        everything = np.concatenate(texts)
        step = -(-len(everything) // UNIFORMITY_TEXTS)
        return found | {"uniformity": embeddings.uniformity(everything[::step])}

    def tune(self, split: Any, predictions: list[dict[str, Any]]) -> None:
        """Nothing is tuned on the validation split."""

    def shown(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """The text's embedding as a list of numbers."""
        return {"embedding": prediction["embedding"].tolist()}

    def line(self, example: dict[str, Any], prediction: dict[str, Any]) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl: the texts and the similarity of the first two, without embeddings."""
        from tunesmith.metrics import embeddings

        line = {
            column: example[column]
            for column in (*self.columns, self.first, self.second)
            if example[column] is not None
        }
        if example["target"] is not None:
            line["score"] = example["target"]
        if "embedding_2" in prediction:
            line["similarity"] = float(embeddings.cosine(prediction["embedding"], prediction["embedding_2"]))
        return line

    def files(self, split: Any, predictions: list[dict[str, Any]]) -> dict[str, Any]:
        """There is no official format for predictions."""
        return {}

    def row_of_text(self, text: str) -> dict[str, Any] | None:
        """The row for a line of plain text."""
        return {self.text: text}
