"""What each regularizer costs a training step, against plain training and against the passes that it declares.

    python benchmarks/regularizers.py [--steps 30] [--repeats 3] [--words 45] [--only rdrop,smart]

Every regularizer trains the same batches in turn with plain training, in one process. Prints the ratio of a step to the plain
step (the median over steps of the ratio at the same batch), what its passes alone would cost by the plain step's own forward
and backward times, and the quotient of the two: the cost of everything else. The model is a BERT with 4 layers, 256 wide, and a
batch has 64 texts of so many words. What is done once for each weight, such as a mask, costs less the longer the texts are.
"""

import argparse
import contextlib
import io
import random
import statistics
import tempfile
import time
from pathlib import Path

import pytorch_lightning as pl
import torch

from tunesmith.configuration.checks.check import check
from tunesmith.configuration.choices import choices, conf_folder
from tunesmith.configuration.compose import Composer
from tunesmith.data.survey.survey import surveyed
from tunesmith.training import outline
from tunesmith.training.module import FineTuningModule
from tunesmith.training.train import train

MODEL = [
    "backbone.layers=4",
    "backbone.width=256",
    "backbone.heads=4",
    "dataset=csv",
    "dataset.batch_size=64",
    "dataset.max_length=128",
]
QUIET = ["trainer.progress_bar=false", "trainer.accelerator=cpu", "callbacks=null", "logger=null"]


def texts(file, count, words):
    """Write labelled texts of one length."""
    generator = random.Random(0)
    vocabulary = [f"word{number}" for number in range(200)]
    with file.open("w", encoding="utf-8") as stream:
        stream.write("text,label\n")
        for number in range(count):
            stream.write(f"{' '.join(generator.choices(vocabulary, k=words))},{'ab'[number % 2]}\n")


class Timer(pl.Callback):
    """Seconds of each training step, with its optimizer step."""

    def __init__(self):
        self.steps = []

    def on_train_batch_start(self, *_):
        self._start = time.perf_counter()

    def on_train_batch_end(self, *_):
        self.steps.append(time.perf_counter() - self._start)


class Parts:
    """Seconds of the forward pass in the steps of plain training."""

    def __init__(self):
        self.forward = []

    def __enter__(self):
        self._original = original = FineTuningModule._regularized_loss

        def timed(module, batch):
            start = time.perf_counter()
            found = original(module, batch)
            self.forward.append(time.perf_counter() - start)
            return found

        FineTuningModule._regularized_loss = timed
        self._backward = backward = torch.Tensor.backward
        self.backward = []

        def timed_backward(*arguments, **settings):
            start = time.perf_counter()
            backward(*arguments, **settings)
            self.backward.append(time.perf_counter() - start)

        torch.Tensor.backward = timed_backward
        return self

    def __exit__(self, *_):
        FineTuningModule._regularized_loss, torch.Tensor.backward = self._original, self._backward


def steps(config):
    timer = Timer()
    with contextlib.redirect_stdout(io.StringIO()):
        train(config, fresh=True, callbacks=[timer])
    return timer.steps[2:]  # the first ones allocate memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--words", type=int, default=45)
    parser.add_argument("--only")
    arguments = parser.parse_args()
    names = [name for name in choices("regularization", [conf_folder()]) if name not in ("none", "standard")]
    names = arguments.only.split(",") if arguments.only else names
    composer = Composer(None)
    with tempfile.TemporaryDirectory() as folder:
        texts(Path(folder) / "train.csv", 64 * (arguments.steps + 2), arguments.words)
        texts(Path(folder) / "validation.csv", 64, arguments.words)
        size = [
            *(f"dataset.{split}={folder}/{split}.csv" for split in ("train", "validation")),
            f"trainer.max_steps={arguments.steps + 2}",
            f"output_dir={folder}",
        ]

        def config(chosen):
            found = composer.compose([*MODEL, *QUIET, *size, f"regularization={chosen}"])
            check(found)
            return found

        plain = config("[standard]")
        steps(plain)  # warm up
        with Parts() as parts:
            whole = steps(plain)
        forward, backward, total = (statistics.median(part) for part in (parts.forward, parts.backward, whole))
        print(f"plain step {1000 * total:.1f} ms: forward {1000 * forward:.1f}, backward {1000 * backward:.1f}")
        print(f"{'regularizer':<24}{'passes':>10}{'step':>8}{'by passes':>11}{'quotient':>10}")
        for name in names:
            chosen = config(f"[standard,{name}]")
            module = outline.module_without_weights(chosen, surveyed(chosen["dataset"]))
            passes = outline.passes(module)
            ratios = []
            for _ in range(arguments.repeats):
                before, own, after = steps(plain), steps(chosen), steps(plain)
                ratios += [2 * one / (a + b) for one, a, b in zip(own, before, after, strict=True)]
            ratio = statistics.median(ratios)
            expected = (total + (passes[0] - 1) * forward + (passes[1] - 1) * backward) / total
            print(
                f"{name:<24}{passes[0]:>6g},{passes[1]:>3g}{ratio:>7.2f}x{expected:>10.2f}x{ratio / expected:>10.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
