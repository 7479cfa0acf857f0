"""Token classification: named entities, chunks, parts of speech."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

from tunesmith.configuration.ranges import NonNegativeInt, PositiveInt
from tunesmith.data.encoding.spans import in_characters
from tunesmith.data.encoding.tag_names import TagNames
from tunesmith.data.encoding.tagged import Tagged, from_lists, from_text
from tunesmith.data.survey.survey import Survey
from tunesmith.errors import UserError


class TokenClassification:
    """Words to tensors, tags to scores.

    Args:
        tokens: column of the words.
        tags: column of their tags.
        text: column of running text, used instead of words and tags; null for none.
        spans: column of the text's entities: objects with `start`, `end` and `label`.
        offsets: unit of the spans' offsets; null for characters, unless another unit fits the data better, which is refused.
        entities: tags are of a scheme with entities and are read by conlleval's rules; else they are independent labels.
        scheme: the scheme of the data (`tunesmith.metrics.tag_schemes`); null to recognise one with prefixes.
        suffix: the prefix of a tag comes last, as in PER-B (seqeval's suffix=True).
        strict: only well-formed BIO entities count, as in seqeval's strict mode.
        labels: tags in the order of their ids; null to collect them from the training split.
        metrics: scores in the final table; the first is monitored.
        max_length: maximum number of tokens of a window.
        stride: overlap of two windows of a long sentence, in tokens.
    """

    scores = (
        "f1",
        "precision",
        "recall",
        "f1_macro",
        "precision_macro",
        "recall_macro",
        "accuracy",
        "sequence_accuracy",
        "sequence_precision",
        "loss",
    )
    data_settings = ("tokens", "tags", "text", "spans", "labels")
    array_columns = ("input_ids", "token_type_ids", "first_tokens", "target")
    pre_split = True

    def __init__(
        self,
        *,
        tokens: str,
        tags: str,
        text: str | None,
        spans: str | None,
        offsets: Literal["characters", "utf16", "bytes"] | None,
        entities: bool,
        scheme: Literal["bio", "iob1", "ioe1", "ioe2", "bioes", "bmes", "bilou", "bare"] | None,
        suffix: bool,
        strict: bool,
        labels: list[str] | None,
        metrics: list[str],
        max_length: PositiveInt,
        stride: NonNegativeInt,
    ) -> None:
        self.tokens, self.tags, self.text, self.spans = tokens, tags, text, spans
        self.offsets, self.entities, self.scheme, self.strict = offsets, entities, scheme, strict
        try:
            self.tag_names = TagNames(labels, entities=entities, scheme=scheme, suffix=suffix)
        except ValueError as error:
            raise UserError(f"dataset.labels: {error}") from None
        self.labels = self.tag_names.trained()
        self.metric_names, self.max_length, self.stride = metrics, max_length, stride

    @property
    def text_columns(self) -> list[str]:
        """Columns of the input texts."""
        return [self.tokens if self.text is None else self.text]

    @property
    def gold_columns(self) -> list[str]:
        """Columns that the model predicts."""
        return [self.tags if self.text is None else self.spans or "spans"]

    @property
    def columns(self) -> list[str]:
        """Required columns of the data."""
        return self.text_columns + self.gold_columns

    @property
    def counted(self) -> dict[str, str]:
        """Columns of the encoded examples whose sums are reported, and their descriptions."""
        return {
            "split": f"sentences longer than {self.max_length} tokens, read in overlapping windows",
            "unknown": "words without a token, read as unknown",
        }

    @property
    def label_names(self) -> tuple[str, ...]:
        """Tags in the order of their ids."""
        assert self.labels is not None, "survey the data first"
        return self.labels

    def state(self) -> dict[str, Any]:
        """What a run saves about its data."""
        return {"labels": list(self.label_names)}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        self.labels = tuple(state["labels"])

    def survey(self, source: Any) -> Survey:
        """Check all rows and collect the tags."""
        from tunesmith.data.survey.tags import survey_tags

        self.labels, found = survey_tags(source, self)
        return found

    def options(self) -> dict[str, Any]:
        """What the encoding depends on besides data and tokenizer: part of the cache key."""
        names = [self.columns, self.max_length, self.stride, self.label_names, self.entities]
        # Settings that change what is read are named only then, so that other data keeps its key.
        named = self.tag_names.names
        if self.scheme == "bare" or named not in (None, self.labels) or self.offsets in ("utf16", "bytes"):
            names += [self.scheme, named, self.offsets]
        if self.tag_names.suffix:
            names.append("suffix")
        # Version 1 read running text and tags without types otherwise.
        changed = self.text is not None or "B-_" in self.label_names
        return {"task": "token_classification", "version": 2 if changed else 1, "settings": names}

    def read(self, row: dict[str, Any]) -> Tagged:
        """The words of a row, and the names of its tags if it has any.

        Raises:
            ValueError: with what was expected and received.
        """
        if self.text is not None:
            text, spans = row.get(self.text), row.get(self.spans or "spans")
            if self.offsets is not None and isinstance(text, str) and isinstance(spans, list | tuple):
                spans = in_characters(text, spans, unit=self.offsets)
            return from_text(text, spans)
        found = from_lists(row.get(self.tokens), row.get(self.tags))
        return found if found.tags is None else replace(found, tags=[self.tag_names.name(tag) for tag in found.tags])

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for training a tokenizer."""
        for _, row in source.rows("train"):
            yield " ".join(self.read(row).words)

    def features(self, tokenizer: Any) -> tuple[Any, Any]:
        """The Arrow types of encoded examples, and of their windows."""
        import datasets

        from tunesmith.data.encoding.features import input_types

        number, text = datasets.Value("int32"), datasets.Value("string")
        examples = {"id": text, "tokens": datasets.List(text), "tags": datasets.List(text)}
        windows = input_types(tokenizer) | {"first_word": number, "first_tokens": datasets.List(number)}
        windows["target"] = datasets.List(datasets.Value("int16"))
        return (
            datasets.Features(examples | {"split": datasets.Value("bool"), "unknown": number}),
            datasets.Features(windows),
        )

    def encode(self, rows: Sequence[dict[str, Any]], tokenizer: Any) -> Any:
        """Windows of token ids, with targets if the rows have tags."""
        from tunesmith.data.encoding.encoded import Encoded
        from tunesmith.data.encoding.words import encode_words

        read = [self.read(row) for row in rows]
        windows, unknown = encode_words(
            [sentence.words for sentence in read], tokenizer, max_length=self.max_length, stride=self.stride
        )
        pieces = Counter(windows["example"])
        examples: dict[str, list[Any]] = {
            "id": [None if row.get("id") is None else str(row["id"]) for row in rows],
            "tokens": [sentence.words for sentence in read],
            "split": [pieces[number] > 1 for number in range(len(rows))],
            "unknown": unknown,
        }
        if all(sentence.tags is not None for sentence in read):
            examples["tags"] = [self.tag_names.normal(sentence.tags or []) for sentence in read]
            numbers = {name: number for number, name in enumerate(self.label_names)}
            targets = [[numbers[tag] for tag in tags] for tags in examples["tags"]]
            windows["target"] = [
                targets[example][first : first + len(places)]
                for example, first, places in zip(
                    windows["example"], windows["first_word"], windows["first_tokens"], strict=True
                )
            ]
        return Encoded(examples, windows)

    def collate(self, arrays: dict[str, list[Any]], rows: Any, tokenizer: Any) -> Any:
        """A batch of some windows; `layout` has first_tokens (batch, words) and words (batch,), their numbers."""
        import numpy as np
        import torch

        from tunesmith.data.batch import IGNORED, Batch
        from tunesmith.data.padding import model_inputs, pad, padded_before

        before = padded_before(arrays, tokenizer)
        places = [first + shift for first, shift in zip(arrays["first_tokens"], before, strict=True)]
        layout = {
            "first_tokens": pad(places, value=0, side="right"),
            "words": torch.from_numpy(np.array([len(first) for first in places])),
        }
        targets = {"labels": pad(arrays["target"], value=IGNORED, side="right")} if "target" in arrays else {}
        return Batch(model_inputs(arrays, tokenizer), targets, rows, layout)

    def label_counts(self, split: Any) -> Any:
        """(labels,) number of words with each tag."""
        import numpy as np

        return np.bincount(np.concatenate(split.lists("target")), minlength=len(self.label_names))

    def assemble(self, split: Any, outputs: dict[str, list[Any]]) -> list[list[int]]:
        """The tag ids of each example's words, from those of its windows."""
        from tunesmith.data.encoding.windows import join

        parts: list[list[tuple[int, list[int]]]] = [[] for _ in range(len(split.examples))]
        firsts, words = split.numbers("first_word").tolist(), [len(places) for places in split.lists("first_tokens")]
        for window, example in enumerate(split.numbers("example").tolist()):
            parts[example].append((firsts[window], outputs["prediction"][window][: words[window]].tolist()))
        return [join(windows) for windows in parts]

    def score(self, split: Any, predictions: list[list[int]]) -> dict[str, float]:
        """Scores of the predictions by name."""
        values = {name: float(value) for name, value in self._metric(split, predictions).compute().items()}
        return values if self.entities else {name: values[name] for name in ("accuracy", "sequence_accuracy")}

    def label_scores(self, split: Any, predictions: list[list[int]]) -> dict[str, dict[str, float]]:
        """Precision, recall, F1 and support of each entity type, as in seqeval's report.

        Of each tag, as in scikit-learn's report on words, if tags are independent labels.
        """
        import numpy as np

        from tunesmith.metrics import confusion

        if self.entities:
            found: dict[str, dict[str, float]] = self._metric(split, predictions).by_type()
            return found
        gold, guessed = np.concatenate(self._gold(split)), np.concatenate([np.array(tags) for tags in predictions])
        matrix = confusion.confusion(gold, guessed, labels=len(self.label_names))
        rows = confusion.by_label(matrix.diagonal(), matrix.sum(0), matrix.sum(1), self.label_names)
        occur = {self.label_names[number] for number in np.union1d(gold, guessed)}
        return {name: rows[name] for name in sorted(occur)}

    def _gold(self, split: Any) -> list[Any]:
        """The true tag ids of each example's words."""
        import numpy as np

        numbers = {name: number for number, name in enumerate(self.label_names)}
        return [np.array([numbers[tag] for tag in tags]) for tags in split.examples.data.column("tags").to_pylist()]

    def _metric(self, split: Any, predictions: list[list[int]]) -> Any:
        import numpy as np
        import torch

        from tunesmith.data.padding import pad
        from tunesmith.metrics.entities import EntityScores

        gold = self._gold(split)
        metric = EntityScores(self.label_names, strict=self.strict and self.entities, sync_on_compute=False)
        metric.update(
            pad([np.array(tags) for tags in predictions], value=0, side="right"),
            pad(gold, value=0, side="right"),
            torch.tensor([len(tags) for tags in gold]),
        )
        return metric

    def tune(self, split: Any, predictions: list[list[int]]) -> None:
        """Nothing is tuned on the validation split."""

    def shown(self, prediction: list[int]) -> dict[str, Any]:
        """A prediction in readable form."""
        return {"predicted_tags": [self.label_names[number] for number in prediction]}

    def line(self, example: dict[str, Any], prediction: list[int]) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl: words, true tags, predicted tags."""
        return {"tokens": example["tokens"], "tags": example["tags"]} | self.shown(prediction)

    def files(self, split: Any, predictions: list[list[int]]) -> dict[str, Any]:
        """There is no official format for predictions."""
        return {}

    def row_of_text(self, text: str) -> dict[str, Any]:
        """The row for a line of plain text: split into words if the data holds words."""
        try:
            return {self.text: text} if self.text is not None else {self.tokens: from_text(text, None).words}
        except ValueError as error:
            raise UserError(f"invalid input line: {error}") from error
