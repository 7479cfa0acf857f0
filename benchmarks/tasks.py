"""Tagging and question answering against Hugging Face Trainer: training examples per second, scoring included.

    python benchmarks/tasks.py --task wnut17|squad --data DIR --model DIR [--repeats 5] [--train 1600] [--validation 400]

Interleaves three runs in one process: Trainer's defaults (dynamic padding, float32), Trainer's best settings (grouped by
length, bf16) and tunesmith (bf16). Each trains an epoch, scores the validation split at its end, and scores it again
with the best checkpoint, from tensors to F1 (seqeval's; SQuAD's n-best as in Hugging Face's example scripts, 20 x 20 in
plain Python). The clock starts when the data is tokenised and the model is loaded.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import hugging_face
import numpy as np

SETTINGS = {"wnut17": (128, 32, 1e-4), "squad": (256, 64, 1e-4)}  # tokens, stride, learning rate


def subset(arguments, folder: Path) -> dict[str, Path]:
    """Write the first examples of both splits to new files."""
    files = {}
    for split, count in (("train", arguments.train), ("validation", arguments.validation)):
        if arguments.task == "wnut17":
            blocks = (arguments.data / "wnut17" / f"{split}.conll").read_text().replace("\n\t\n", "\n\n").split("\n\n")
            files[split] = folder / f"{split}.conll"
            files[split].write_text("\n\n".join([block for block in blocks if block.strip()][:count]) + "\n")
            continue
        content = json.loads((arguments.data / "squad" / f"{split}-v1.1.json").read_text())
        paragraphs = [paragraph for article in content["data"] for paragraph in article["paragraphs"]]
        kept, questions = [], 0
        for paragraph in paragraphs:
            if questions < count:
                kept.append(paragraph | {"qas": paragraph["qas"][: count - questions]})
                questions += len(kept[-1]["qas"])
        files[split] = folder / f"{split}.json"
        files[split].write_text(json.dumps({"data": [{"paragraphs": kept}]}))
    return files


def tunesmith_run(arguments, files) -> tuple[float, float]:
    """Seconds and validation F1."""
    import pytorch_lightning as pl

    from tunesmith.configuration.checks.check import check
    from tunesmith.configuration.compose import compose
    from tunesmith.training import train

    dataset, head = ("conll", "token_classification") if arguments.task == "wnut17" else ("squad_json", "span")
    length, stride, rate = SETTINGS[arguments.task]
    words = [f"dataset={dataset}", f"head={head}", f"dataset.train={files['train']}", "backbone=bert"]
    words += [f"dataset.validation={files['validation']}", f"backbone.name={arguments.model}", f"optimizer.lr={rate}"]
    words += [f"dataset.max_length={length}", f"dataset.stride={stride}", "trainer.precision=bf16-mixed"]
    words += ["trainer.max_epochs=1", "trainer.progress_bar=false", f"output_dir={files['train'].parent / 'runs'}"]
    composed = compose(words)
    check(composed)
    clock = {}
    fit, score = pl.Trainer.fit, train.score

    def timed_fit(self, *given, **options):
        clock["start"] = time.perf_counter()
        return fit(self, *given, **options)

    def timed_score(*given):
        found = score(*given)
        clock["end"] = time.perf_counter()
        return found

    pl.Trainer.fit, train.score = timed_fit, timed_score
    try:
        run = train.train(composed, fresh=True)
    finally:
        pl.Trainer.fit, train.score = fit, score
    return clock["end"] - clock["start"], run.read_json("metrics.json")["validation/f1"]


def trainer_run(arguments, files, *, best: bool) -> tuple[float, float]:
    """Seconds and validation F1 of Hugging Face Trainer."""
    from transformers import AutoTokenizer, Trainer

    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    parts = (tagging if arguments.task == "wnut17" else questions)(arguments, files, tokenizer)
    model, train, validation, collator, measure, final = parts
    extra = {"train_sampling_strategy": "group_by_length", "bf16": True} if best else {}
    with tempfile.TemporaryDirectory() as folder:
        settings = hugging_face.arguments(
            folder,
            per_device_train_batch_size=32,
            per_device_eval_batch_size=64,
            num_train_epochs=1,
            learning_rate=SETTINGS[arguments.task][2],
            eval_strategy="epoch",
            save_strategy="epoch",
            load_best_model_at_end=True,
            **extra,
        )
        trainer = Trainer(
            model,
            settings,
            train_dataset=train,
            eval_dataset=validation,
            data_collator=collator,
            compute_metrics=measure,
        )
        started = time.perf_counter()
        trainer.train()
        trainer.save_model()  # as tunesmith and Hugging Face's example scripts do
        score = final(trainer.predict(validation))
        return time.perf_counter() - started, score


def tagging(arguments, files, tokenizer):
    """What Trainer needs for sequence labelling, as in Hugging Face's example script."""
    import datasets
    import torch
    from seqeval.metrics import f1_score
    from transformers import AutoModelForTokenClassification, DataCollatorForTokenClassification

    def read(file):
        blocks = [block for block in file.read_text().split("\n\n") if block.strip()]
        cells = [[line.split("\t") for line in block.splitlines()] for block in blocks]
        return [{"tokens": [c[0] for c in rows], "tags": [c[1] for c in rows]} for rows in cells]

    rows = {split: read(file) for split, file in files.items()}
    types = sorted({tag[2:] for part in rows.values() for row in part for tag in row["tags"]} - {""})
    names = ["O", *(f"{prefix}-{name}" for name in types for prefix in "BI")]

    def encode(batch):
        found = tokenizer(batch["tokens"], is_split_into_words=True, truncation=True, max_length=SETTINGS["wnut17"][0])
        found["labels"] = []
        for number, tags in enumerate(batch["tags"]):
            words = found.word_ids(number)
            first = [word is not None and word != before for word, before in zip(words, [None, *words], strict=False)]
            found["labels"].append([names.index(tags[w]) if f else -100 for w, f in zip(words, first, strict=True)])
        return found

    sets = [datasets.Dataset.from_list(rows[split]).map(encode, batched=True) for split in ("train", "validation")]
    train, validation = (part.remove_columns(["tokens", "tags"]) for part in sets)
    model = AutoModelForTokenClassification.from_pretrained(arguments.model, num_labels=len(names), dtype=torch.float32)

    def measure(found):
        predicted, labels = np.asarray(found.predictions).argmax(-1), np.asarray(found.label_ids)
        pairs = [(p[g >= 0], g[g >= 0]) for p, g in zip(predicted, labels, strict=True)]
        gold, guess = ([[names[n] for n in pair[side]] for pair in pairs] for side in (1, 0))
        return {"f1": f1_score(gold, guess)}

    final = lambda found: found.metrics["test_f1"]  # noqa: E731
    return model, train, validation, DataCollatorForTokenClassification(tokenizer), measure, final


def questions(arguments, files, tokenizer):
    """What Trainer needs for question answering, as in Hugging Face's example script."""
    import datasets
    import torch
    from transformers import AutoModelForQuestionAnswering, DataCollatorWithPadding

    from tunesmith.data.sources.squad_json import read
    from tunesmith.metrics.answers import AnswerScores

    rows = {split: [row for _, row in read(file)] for split, file in files.items()}
    length, stride, _ = SETTINGS["squad"]

    def encode(batch):
        found = tokenizer(
            batch["question"],
            batch["context"],
            truncation="only_second",
            max_length=length,
            stride=stride,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        found["example"] = found.pop("overflow_to_sample_mapping")
        found["start_positions"], found["end_positions"] = [], []
        for number, example in enumerate(found["example"]):
            answers = batch["answers"][example]
            start = answers["answer_start"][0]
            end, inside = start + len(answers["text"][0]), found.sequence_ids(number)
            places = [n for n, part in enumerate(inside) if part == 1]
            offsets = found["offset_mapping"][number]
            first = last = 0
            if places and offsets[places[0]][0] <= start and offsets[places[-1]][1] >= end:
                first = max(n for n in places if offsets[n][0] <= start)
                last = min(n for n in places if offsets[n][1] >= end)
            found["start_positions"].append(first)
            found["end_positions"].append(last)
            found["offset_mapping"][number] = [o if p == 1 else [-1, -1] for o, p in zip(offsets, inside, strict=True)]
        return found

    def encoded(split):
        given = datasets.Dataset.from_list(rows[split])
        return given.map(encode, batched=True, batch_size=len(given), remove_columns=given.column_names)

    train, validation = encoded("train"), encoded("validation")
    offsets, examples = validation["offset_mapping"], validation["example"]

    def measure(found):
        starts, ends = found.predictions
        best = [(-np.inf, "")] * len(rows["validation"])
        for number, example in enumerate(examples):
            context, places = rows["validation"][example]["context"], offsets[number]
            for first in np.argsort(starts[number])[-1:-21:-1].tolist():
                for last in np.argsort(ends[number])[-1:-21:-1].tolist():
                    if first >= len(places) or last >= len(places) or places[first][0] < 0 or places[last][0] < 0:
                        continue
                    if last < first or last - first + 1 > 30:
                        continue
                    score = float(starts[number][first] + ends[number][last])
                    if score > best[example][0]:
                        best[example] = (score, context[places[first][0] : places[last][1]])
        metric = AnswerScores()
        metric.update([text for _, text in best], [row["answers"]["text"] for row in rows["validation"]])
        return {"f1": float(metric.compute()["f1"])}

    model = AutoModelForQuestionAnswering.from_pretrained(arguments.model, dtype=torch.float32)
    drop = ["offset_mapping", "example"]
    final = lambda found: found.metrics["test_f1"]  # noqa: E731
    parts = (train.remove_columns(drop), validation.remove_columns(drop), DataCollatorWithPadding(tokenizer))
    return model, *parts, measure, final


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=list(SETTINGS), required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--train", type=int, default=1600)
    parser.add_argument("--validation", type=int, default=400)
    arguments = parser.parse_args()
    from tunesmith.training import logging_setup

    logging_setup.log_to(None)
    runs: dict[str, list[tuple[float, float]]] = {"Trainer, defaults": [], "Trainer, best": [], "tunesmith": []}
    with tempfile.TemporaryDirectory() as folder:
        files = subset(arguments, Path(folder))
        for _ in range(arguments.repeats):
            runs["Trainer, defaults"].append(trainer_run(arguments, files, best=False))
            runs["Trainer, best"].append(trainer_run(arguments, files, best=True))
            runs["tunesmith"].append(tunesmith_run(arguments, files))
    medians = {
        name: statistics.median(arguments.train / seconds for seconds, _ in found) for name, found in runs.items()
    }
    for name, found in runs.items():
        each = [round(arguments.train / seconds, 1) for seconds, _ in found]
        score = statistics.mean(f1 for _, f1 in found)
        print(f"{name:<18} {medians[name]:7.1f} examples/s   {each}   validation F1 {score:.3f}")
    print(f"tunesmith / Trainer's defaults  {medians['tunesmith'] / medians['Trainer, defaults']:.2f}")
    print(f"tunesmith / Trainer's best      {medians['tunesmith'] / medians['Trainer, best']:.2f}")


if __name__ == "__main__":
    main()
