"""Language modelling on plain text: masked, causal or permuted, depending on the head."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.encoding.texts import as_text
from tunesmith.data.survey.survey import Survey, no_rows
from tunesmith.errors import UserError


class LanguageModeling:
    """Documents to blocks of tokens, losses to perplexity.

    Args:
        text: column of the documents.
        packing: blocks: documents are concatenated and split into blocks of equal length; none: each document by
            itself, a long one in several windows. Either way each token is in exactly one window.
        across_documents: whether tokens attend to other documents of their block.
        streaming: build blocks in each epoch instead of storing them on disk.
        metrics: scores in the final table; the first is monitored.
        max_length: length of a block or window in tokens, special tokens included.
    """

    scores = ("perplexity", "accuracy", "loss")
    data_settings = ("text",)
    array_columns = ("input_ids", "word_starts")
    pre_split = False  # texts, not words
    gold_columns: list[str] = []
    counted: dict[str, str] = {}

    def __init__(
        self,
        *,
        text: str,
        packing: Literal["blocks", "none"],
        across_documents: bool,
        streaming: bool,
        metrics: list[str],
        max_length: PositiveInt,
    ) -> None:
        if streaming and packing == "none":
            raise UserError(
                "dataset.streaming is true and dataset.packing none, but only blocks can be streamed; set dataset.packing=blocks"
            )
        self.text, self.packing, self.across_documents = text, packing, across_documents
        self.streaming, self.metric_names, self.max_length = streaming, metrics, max_length

    @property
    def text_columns(self) -> list[str]:
        """Columns of the input texts."""
        return [self.text]

    @property
    def columns(self) -> list[str]:
        """Required columns of the data."""
        return [self.text]

    def state(self) -> dict[str, Any]:
        """What a run saves about its data."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""

    def survey(self, source: Any) -> Survey:
        """Count documents and empty documents.

        Raises:
            UserError: for a split without text, or a training split that cannot fill a block.
        """
        rows, empty, mistakes = dict.fromkeys(source.splits, 0), dict.fromkeys(source.splits, 0), []
        for split in source.splits:
            characters = longest = 0
            for number, row in source.rows(split):
                try:
                    text = as_text(row.get(self.text)).strip()
                except ValueError as error:
                    raise UserError(f"{source.where(split, number)}: {error}") from error
                rows[split] += 1
                empty[split] += not text
                characters += len(text) + 1  # at most one token per character, and one between documents
                longest = max(longest, len(text))
            if rows[split] == empty[split]:
                mistakes.append(no_rows(split) if not rows[split] else f"the {split} split has no text in {self.text}")
            elif split == "train" and self.packing == "blocks" and characters < self.max_length:
                mistakes.append(_too_short(characters, "characters", self.max_length))
            elif self.packing == "none" and longest < 2:
                mistakes.append(f"no text of {split} is longer than one character; expected sentences or documents")
        if mistakes:
            raise UserError(mistakes)
        return Survey(rows, f"texts in {self.text}", {"empty texts": empty})

    def options(self) -> dict[str, Any]:
        """What the encoding depends on besides data and tokenizer: part of the cache key."""
        return {"version": 1, "columns": self.columns, "max_length": self.max_length, "packing": self.packing}

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for training a tokenizer."""
        for _, row in source.rows("train"):
            yield as_text(row.get(self.text))

    def features(self, tokenizer: Any) -> tuple[Any, Any]:
        """The Arrow types of encoded examples (blocks, or documents), and of their windows."""
        import datasets

        from tunesmith.data.encoding.features import input_types

        types = {name: kind for name, kind in input_types(tokenizer).items() if name != "token_type_ids"}
        examples = {"id": datasets.Value("string")}
        if self.packing == "none":
            examples["text"] = datasets.Value("string")
        return datasets.Features(examples), datasets.Features(
            types | {"word_starts": datasets.List(datasets.Value("uint8"))}
        )

    def encode_all(self, chunks: Iterable[Sequence[dict[str, Any]]], tokenizer: Any) -> Iterator[Any]:
        """Token ids of a split's rows."""
        if self.packing == "none":
            return (self.encode(rows, tokenizer) for rows in chunks)
        from tunesmith.data.encoding.blocks import pack

        texts = ([as_text(row.get(self.text)) for row in rows] for rows in chunks)
        return pack(texts, tokenizer, max_length=self.max_length)

    def encode(self, rows: Sequence[dict[str, Any]], tokenizer: Any) -> Any:
        """Token ids of some rows, each by itself."""
        from tunesmith.data.encoding.blocks import cut

        texts = [as_text(row.get(self.text)) for row in rows]
        names = [None if row.get("id") is None else str(row["id"]) for row in rows]
        return cut(texts, names, tokenizer, max_length=self.max_length)

    def check_windows(self, split: str, lengths: Any) -> None:
        """Check that a training split fills a block.

        Args:
            lengths: (windows,) number of tokens of each.

        Raises:
            UserError: if it does not.
        """
        if split == "train" and self.packing == "blocks" and lengths.max() < self.max_length:
            raise UserError(_too_short(int(lengths.max()), "tokens", self.max_length))

    def collate(self, arrays: dict[str, list[Any]], rows: Any, tokenizer: Any) -> Any:
        """A batch of some windows; the head chooses the targets."""
        from tunesmith.data.batch import Batch
        from tunesmith.data.encoding.blocks import document_numbers, with_types
        from tunesmith.data.padding import model_inputs, pad

        side = tokenizer.padding_side
        layout = {"word_starts": pad(arrays["word_starts"], value=0, side=side)}
        if not self.across_documents and self.packing == "blocks":
            layout["documents"] = pad(document_numbers(arrays["input_ids"], tokenizer), value=-1, side=side)
        return Batch(model_inputs(with_types(arrays, tokenizer), tokenizer), {}, rows, layout)

    def assemble(self, split: Any, outputs: dict[str, list[Any]]) -> list[dict[str, Any]]:
        """For each block or document the summed loss and the numbers of predicted and correctly predicted tokens."""
        import numpy as np

        examples = split.numbers("example")
        sums = {
            name: np.bincount(examples, weights=np.asarray(values, dtype=np.float64), minlength=len(split.examples))
            for name, values in outputs.items()
        }
        return [dict(zip(sums, values, strict=True)) for values in zip(*sums.values(), strict=True)]

    def score(self, split: Any, predictions: list[dict[str, Any]]) -> dict[str, float]:
        """Perplexity: exp of the mean loss over all predicted tokens; accuracy: the fraction predicted correctly."""
        import math

        loss, tokens, right = (math.fsum(line[name] for line in predictions) for name in ("loss", "tokens", "right"))
        tokens = max(tokens, 1)
        return {"perplexity": math.exp(min(loss / tokens, 700)), "accuracy": right / tokens}

    def tune(self, split: Any, predictions: list[dict[str, Any]]) -> None:
        """Nothing is tuned on the validation split."""

    def shown(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """A prediction in readable form; null if no token was predicted."""
        import math

        tokens = int(prediction["tokens"])
        if not tokens:
            return {"tokens": 0, "loss": None, "perplexity": None, "accuracy": None}
        loss = float(prediction["loss"]) / tokens
        shown = {"loss": loss, "perplexity": math.exp(min(loss, 700)), "accuracy": float(prediction["right"]) / tokens}
        return {"tokens": tokens} | shown

    def line(self, example: dict[str, Any], prediction: dict[str, Any]) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl: the scores of a document or block."""
        return {name: value for name, value in example.items() if name == "text"} | self.shown(prediction)

    def files(self, split: Any, predictions: list[dict[str, Any]]) -> dict[str, Any]:
        """There is no official format for predictions."""
        return {}

    def row_of_text(self, text: str) -> dict[str, Any] | None:
        """The row for a line of plain text."""
        return {self.text: text}


def _too_short(found: int, unit: str, max_length: int) -> str:
    return (
        f"the training texts have {found} {unit} in total, less than one block of dataset.max_length={max_length} "
        "tokens; provide more text, or set a smaller dataset.max_length or dataset.packing=none"
    )
