"""Extractive question answering, with or without unanswerable questions (SQuAD; Rajpurkar et al., 2016, 2018)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from tunesmith.configuration.ranges import NonNegativeInt, PositiveInt
from tunesmith.data.encoding.answers import Answers, read_answers
from tunesmith.data.encoding.column_names import check_columns
from tunesmith.data.survey.survey import Survey
from tunesmith.errors.messages import shortened


@dataclass(frozen=True)
class Candidates:
    """Candidate answers to a question, best first.

    Attributes:
        texts: distinct spans of the context.
        scores: sums of start and end logits.
        null_score: score of no answer, the minimum over all windows.
    """

    texts: list[str]
    scores: list[float]
    null_score: float

    @property
    def null_odds(self) -> float:
        """Score of no answer minus that of the best answer."""
        return self.null_score - (self.scores[0] if self.scores else -1e9)


class QuestionAnswering:
    """Questions and contexts to windows, spans to scores.

    Args:
        question: column of the question.
        context: column of the text that holds the answer.
        answers: column of the gold answers (`tunesmith.data.encoding.answers`).
        unanswerable: questions may have no answer; a threshold on the null odds is then tuned on validation.
        metrics: scores in the final table; the first is monitored.
        max_length: maximum number of tokens of a window, the question included.
        stride: overlap of two windows, in tokens of the context.
        max_answer_length: maximum number of tokens of an answer.
        n_best: number of answers that predictions list for a question.
    """

    scores = (
        "f1",
        "exact_match",
        "has_answer_f1",
        "has_answer_exact_match",
        "no_answer_f1",
        "no_answer_exact_match",
        "best_f1",
        "best_exact_match",
        "loss",
    )
    data_settings = ("question", "context", "answers")
    array_columns = ("input_ids", "token_type_ids", "context", "target", "no_answer")
    pre_split = False
    gold_columns: list[str]

    def __init__(
        self,
        *,
        question: str,
        context: str,
        answers: str,
        unanswerable: bool,
        metrics: list[str],
        max_length: PositiveInt,
        stride: NonNegativeInt,
        max_answer_length: PositiveInt,
        n_best: PositiveInt,
    ) -> None:
        check_columns({"question": question, "context": context}, ("id", "answers", "split", "cut"))
        self.question, self.context, self.answers, self.unanswerable = question, context, answers, unanswerable
        self.metric_names, self.max_length, self.stride = metrics, max_length, stride
        self.max_answer_length, self.n_best = max_answer_length, n_best
        self._version = 3  # of the encoding
        self.threshold: float | None = None  # null odds above which there is no answer; tuned on validation
        self.text_columns, self.gold_columns = [question, context], [answers]
        self.columns = [*self.text_columns, *self.gold_columns]
        self.label_names: tuple[str, ...] = ()
        self.counted = {
            "split": f"contexts longer than {max_length} tokens, read in overlapping windows",
            "cut": "questions that leave no room for a context, cut",
        }

    def state(self) -> dict[str, Any]:
        """What a run saves about its data."""
        return {"threshold": self.threshold}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        self.threshold = state["threshold"]

    def survey(self, source: Any) -> Survey:
        """Check all rows."""
        from tunesmith.data.survey.questions import survey_questions

        found, read_otherwise = survey_questions(source, self)
        self._version = 4 if read_otherwise else 3
        return found

    def options(self) -> dict[str, Any]:
        """What the encoding depends on besides data and tokenizer: part of the cache key."""
        settings = [self.columns, self.max_length, self.stride]
        return {"task": "question_answering", "version": self._version, "settings": settings}

    def read(self, row: dict[str, Any]) -> Answers:
        """The gold answers of a row.

        Raises:
            ValueError: for a row without question or context, or answers in another format.
        """
        self._check_texts(row)
        return read_answers(row.get(self.answers), row[self.context])

    def _check_texts(self, row: dict[str, Any]) -> None:
        for column in self.text_columns:
            found = row.get(column)
            if found is not None and not isinstance(found, str):
                raise ValueError(f"the {column} is {shortened(str(found))}; expected a text")
            if found is None or not found.strip():
                raise ValueError(f"the {column} is empty; fill it or drop the row")

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for training a tokenizer."""
        for _, row in source.rows("train"):
            for column in self.text_columns:
                yield row[column]

    def features(self, tokenizer: Any) -> tuple[Any, Any]:
        """The Arrow types of encoded examples, and of their windows."""
        import datasets

        from tunesmith.data.encoding.features import input_types

        text, number = datasets.Value("string"), datasets.Value("int32")
        gold = {"text": datasets.List(text), "answer_start": datasets.List(number)}
        examples = {"id": text, self.question: text, self.context: text, "answers": gold}
        examples |= {"split": datasets.Value("bool"), "cut": datasets.Value("bool")}
        windows = input_types(tokenizer) | {name: datasets.List(number) for name in ("starts", "ends")}
        windows |= {"context": datasets.List(number), "target": datasets.List(number), "no_answer": number}
        return datasets.Features(examples), datasets.Features(windows)

    def encode(self, rows: Sequence[dict[str, Any]], tokenizer: Any) -> Any:
        """Windows of question and context, with targets if the rows have answers."""
        from collections import Counter

        from tunesmith.data.encoding.contexts import encode_contexts, place_of
        from tunesmith.data.encoding.encoded import Encoded

        for row in rows:
            self._check_texts(row)
        windows, cut = encode_contexts(
            [row[self.question] for row in rows],
            [row[self.context] for row in rows],
            tokenizer,
            max_length=self.max_length,
            stride=self.stride,
        )
        pieces = Counter(windows["example"])
        examples: dict[str, list[Any]] = {
            "id": [None if row.get("id") is None else str(row["id"]) for row in rows],
            self.question: [row[self.question] for row in rows],
            self.context: [row[self.context] for row in rows],
            "split": [pieces[number] > 1 for number in range(len(rows))],
            "cut": cut,
        }
        if all(self.answers in row for row in rows):
            gold = [self.read(row) for row in rows]
            examples["answers"] = [{"text": found.texts, "answer_start": found.starts} for found in gold]
            windows["target"] = [
                place_of(gold[windows["example"][number]], windows, number) for number in range(len(windows["example"]))
            ]
        return Encoded(examples, windows)

    def collate(self, arrays: dict[str, list[Any]], rows: Any, tokenizer: Any) -> Any:
        """A batch of some windows.

        `layout` has `context`, (batch, 2): start and end (exclusive) of the context; and `no_answer`, (batch,): the
        token that represents no answer. Labels are (batch, 2): first and last token of the answer, or `IGNORED`.
        """
        import numpy as np
        import torch

        from tunesmith.data.batch import IGNORED, Batch
        from tunesmith.data.padding import model_inputs, padded_before

        before = padded_before(arrays, tokenizer)
        layout = {
            "context": torch.from_numpy(np.stack(arrays["context"]).astype(np.int64) + before[:, None]),
            "no_answer": torch.from_numpy(np.array(arrays["no_answer"], dtype=np.int64) + before),
        }
        targets = {}
        if "target" in arrays:
            target = np.stack(arrays["target"]).astype(np.int64)
            targets = {"labels": torch.from_numpy(np.where(target == IGNORED, IGNORED, target + before[:, None]))}
        return Batch(model_inputs(arrays, tokenizer), targets, rows, layout)

    def assemble(self, split: Any, outputs: dict[str, list[Any]]) -> list[Candidates]:
        """The best spans of each question over all its windows."""
        from tunesmith.data.encoding.contexts import best_spans

        contexts = split.examples.data.column(self.context).to_pylist()
        return [
            Candidates([contexts[number][start:end].strip() for start, end in spans], scores, null_score)
            for number, (spans, scores, null_score) in enumerate(
                best_spans(split, outputs, contexts, n_best=self.n_best)
            )
        ]

    def answer(self, found: Candidates) -> str:
        """The best span, or an empty string if the null odds exceed the threshold."""
        threshold = 0.0 if self.threshold is None else self.threshold
        unanswered = self.unanswerable and found.null_odds > threshold
        return "" if unanswered or not found.texts else found.texts[0]

    def score(self, split: Any, predictions: list[Candidates]) -> dict[str, float]:
        """Scores by name, as in the official scripts but between 0 and 1.

        Until the threshold is tuned, answers are scored with the best threshold of the split itself.
        """
        from tunesmith.metrics.answers import AnswerScores

        gold = [answers["text"] for answers in split.examples.data.column("answers").to_pylist()]
        best = self._best(gold, predictions) if self.unanswerable else {}
        threshold, tuned = best.pop("threshold", None), self.threshold
        self.threshold = threshold if tuned is None else tuned
        metric = AnswerScores(sync_on_compute=False)  # one process holds the whole split
        metric.update([self.answer(found) for found in predictions], gold)
        self.threshold = tuned
        return {name: float(value) for name, value in metric.compute().items()} | best

    def tune(self, split: Any, predictions: list[Candidates]) -> None:
        """Set the threshold with the best F1 on the validation split."""
        if self.unanswerable:
            gold = [answers["text"] for answers in split.examples.data.column("answers").to_pylist()]
            self.threshold = self._best(gold, predictions)["threshold"]

    def _best(self, gold: list[list[str]], predictions: list[Candidates]) -> dict[str, float]:
        from tunesmith.metrics.answer_rules import best_threshold, exact_match, f1, normalize

        odds = [found.null_odds for found in predictions]
        answered = [found.texts[0] if found.texts else "" for found in predictions]
        known, values = [any(map(normalize, texts)) for texts in gold], dict[str, float]()
        for name, measure in (("best_exact_match", exact_match), ("best_f1", f1)):
            each = [measure(text, texts) for text, texts in zip(answered, gold, strict=True)]
            values[name], values["threshold"] = best_threshold(odds, each, known, answered)
        return values

    def shown(self, prediction: Candidates) -> dict[str, Any]:
        """A prediction in readable form: the answer, its probability, and the n best."""
        import numpy as np

        texts, scores = list(prediction.texts), list(prediction.scores)
        if self.unanswerable:
            texts, scores = [*texts, ""], [*scores, prediction.null_score]
        weights = np.exp(np.array(scores) - max(scores, default=0.0))
        probabilities = (weights / weights.sum()).tolist() if scores else []
        n_best = [{"text": text, "probability": value} for text, value in zip(texts, probabilities, strict=True)]
        n_best.sort(key=lambda entry: -entry["probability"])
        answer = self.answer(prediction)
        probability = next((entry["probability"] for entry in n_best if entry["text"] == answer), 0.0)
        return {"prediction": answer, "probability": probability, "n_best": n_best}

    def line(self, example: dict[str, Any], prediction: Candidates) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl: question, context, gold and predicted answers."""
        texts = {column: example[column] for column in self.text_columns}
        return texts | {"answers": example["answers"]} | self.shown(prediction)

    def files(self, split: Any, predictions: list[Candidates]) -> dict[str, Any]:
        """Input of the official script: the answer of each id, and for SQuAD 2.0 its null odds."""
        given = split.examples.data.column("id").to_pylist()
        taken = set(given)
        free = (name for name in map(str, count()) if name not in taken)
        ids = [next(free) if own is None else own for own in given]
        found = {"": {name: self.answer(each) for name, each in zip(ids, predictions, strict=True)}}
        if not self.unanswerable:
            return found
        return found | {"_null_odds": {name: each.null_odds for name, each in zip(ids, predictions, strict=True)}}

    def row_of_text(self, text: str) -> None:
        """None: a line of plain text is not a question with its context."""
        return
