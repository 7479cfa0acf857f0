"""Extractive question answering: an answer is a span of the context, or there is none (SQuAD; Rajpurkar et al., 2016, 2018)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tunesmith.configuration.ranges import NonNegativeInt, PositiveInt
from tunesmith.data.encoding.answers import Answers, read_answers
from tunesmith.data.survey.survey import Survey


@dataclass(frozen=True)
class Candidates:
    """What the head found for a question, best first.

    Attributes:
        texts: spans of the context, each once.
        scores: sums of start and end logits.
        null_score: of there being no answer, the least of all windows.
    """

    texts: list[str]
    scores: list[float]
    null_score: float

    @property
    def null_odds(self) -> float:
        """How much better no answer is than the best one."""
        return self.null_score - (self.scores[0] if self.scores else -1e9)


class QuestionAnswering:
    """Questions and contexts to windows, spans to scores.

    Args:
        question: column of the question.
        context: column of the text that holds the answer.
        answers: column of the gold answers (`tunesmith.data.encoding.answers`).
        unanswerable: questions may have no answer; then a threshold on the score of no answer is tuned on validation.
        metrics: scores of the final table; the first is monitored.
        max_length: tokens of a window, the question included.
        stride: tokens of the context that two windows share.
        max_answer_length: tokens.
        n_best: answers of a question that predictions list.
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
        self.question, self.context, self.answers, self.unanswerable = question, context, answers, unanswerable
        self.metric_names, self.max_length, self.stride = metrics, max_length, stride
        self.max_answer_length, self.n_best = max_answer_length, n_best
        self.threshold: float | None = (
            None  # of null odds, above which a question is not answered; settled on validation
        )
        self.text_columns, self.gold_columns = [question, context], [answers]
        self.columns = [*self.text_columns, *self.gold_columns]
        self.label_names: tuple[str, ...] = ()
        self.counted = {
            "split": f"contexts longer than {max_length} tokens, read in overlapping windows",
            "cut": "questions that leave no room for a context, cut",
        }

    def state(self) -> dict[str, Any]:
        """What a finished run must remember of its data."""
        return {"threshold": self.threshold}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.threshold = state["threshold"]

    def survey(self, source: Any) -> Survey:
        """Check all rows."""
        from tunesmith.data.survey.questions import survey_questions

        return survey_questions(source, self)

    def options(self) -> dict[str, Any]:
        """What besides data and tokenizer decides how rows are encoded: part of the cache's key."""
        return {"task": "question_answering", "version": 1, "settings": [self.columns, self.max_length, self.stride]}

    def read(self, row: dict[str, Any]) -> Answers:
        """The gold answers of a row.

        Raises:
            ValueError: for a row without question or context, or answers of another form.
        """
        for column in self.text_columns:
            if not isinstance(row[column], str) or not row[column].strip():
                raise ValueError(f"the {column} is empty; fill it or drop the row")
        return read_answers(row.get(self.answers), row[self.context])

    def training_texts(self, source: Any) -> Iterator[str]:
        """All texts of the training split, for a tokenizer that is trained on them."""
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
        """Windows of question and context; targets too where the rows have answers."""
        from collections import Counter

        from tunesmith.data.encoding.contexts import encode_contexts, place_of
        from tunesmith.data.encoding.encoded import Encoded

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

        `layout` has `context`, (batch, 2): the first token of the context and the one past its last; and `no_answer`,
        (batch,): the token that stands for there being none. Labels are (batch, 2): first and last token of the answer.
        """
        import numpy as np
        import torch

        from tunesmith.data.batch import Batch
        from tunesmith.data.padding import model_inputs, padded_before

        before = padded_before(arrays, tokenizer)
        layout = {
            "context": torch.from_numpy(np.stack(arrays["context"]).astype(np.int64) + before[:, None]),
            "no_answer": torch.from_numpy(np.array(arrays["no_answer"], dtype=np.int64) + before),
        }
        targets = {}
        if "target" in arrays:
            targets = {"labels": torch.from_numpy(np.stack(arrays["target"]).astype(np.int64) + before[:, None])}
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
        """The best span, or nothing if no answer is that much more likely."""
        threshold = 0.0 if self.threshold is None else self.threshold
        unanswered = self.unanswerable and found.null_odds > threshold
        return "" if unanswered or not found.texts else found.texts[0]

    def score(self, split: Any, predictions: list[Candidates]) -> dict[str, float]:
        """Scores by their plain names, as the official scripts have them, between 0 and 1.

        Until the threshold is settled, answers are scored with the best threshold of the split itself.
        """
        from tunesmith.metrics.answers import AnswerScores

        gold = [answers["text"] for answers in split.examples.data.column("answers").to_pylist()]
        best = self._best(gold, predictions) if self.unanswerable else {}
        threshold, settled = best.pop("threshold", None), self.threshold
        self.threshold = threshold if settled is None else settled
        metric = AnswerScores(sync_on_compute=False)  # one process has the whole split
        metric.update([self.answer(found) for found in predictions], gold)
        self.threshold = settled
        return {name: float(value) for name, value in metric.compute().items()} | best

    def tune(self, split: Any, predictions: list[Candidates]) -> None:
        """Take the threshold that gives the best F1 on the validation split."""
        if self.unanswerable:
            gold = [answers["text"] for answers in split.examples.data.column("answers").to_pylist()]
            self.threshold = self._best(gold, predictions)["threshold"]

    def _best(self, gold: list[list[str]], predictions: list[Candidates]) -> dict[str, float]:
        from tunesmith.metrics.answers import best_threshold, exact_match, f1, normalize

        odds = [found.null_odds for found in predictions]
        answered = [found.texts[0] if found.texts else "" for found in predictions]
        known, values = [any(map(normalize, texts)) for texts in gold], dict[str, float]()
        for name, measure in (("best_exact_match", exact_match), ("best_f1", f1)):
            each = [measure(text, texts) for text, texts in zip(answered, gold, strict=True)]
            values[name], values["threshold"] = best_threshold(odds, each, known, answered)
        return values

    def shown(self, prediction: Candidates) -> dict[str, Any]:
        """A prediction as a person reads it: the answer, its probability, and the n best."""
        import numpy as np

        texts, scores = list(prediction.texts), list(prediction.scores)
        if self.unanswerable:
            texts, scores = [*texts, ""], [*scores, prediction.null_score]
        shares = np.exp(np.array(scores) - max(scores, default=0.0))
        shares = (shares / shares.sum()).tolist() if scores else []
        n_best = [{"text": text, "probability": share} for text, share in zip(texts, shares, strict=True)]
        n_best.sort(key=lambda entry: -entry["probability"])
        answer = self.answer(prediction)
        probability = next((entry["probability"] for entry in n_best if entry["text"] == answer), 0.0)
        return {"prediction": answer, "probability": probability, "n_best": n_best}

    def line(self, example: dict[str, Any], prediction: Candidates) -> dict[str, Any]:
        """A line of predictions/<split>.jsonl: question, context, gold answers, predicted ones."""
        texts = {column: example[column] for column in self.text_columns}
        return texts | {"answers": example["answers"]} | self.shown(prediction)

    def files(self, split: Any, predictions: list[Candidates]) -> dict[str, Any]:
        """What the official script reads: each id's answer, and for SQuAD 2.0 its null odds."""
        ids = [
            str(n) if given is None else given for n, given in enumerate(split.examples.data.column("id").to_pylist())
        ]
        found = {"": {name: self.answer(each) for name, each in zip(ids, predictions, strict=True)}}
        if not self.unanswerable:
            return found
        return found | {"_null_odds": {name: each.null_odds for name, each in zip(ids, predictions, strict=True)}}

    def row_of_text(self, text: str) -> None:
        """A line of plain text is no question with its context."""
        return
