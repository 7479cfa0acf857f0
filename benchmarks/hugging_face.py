"""Helpers of the benchmarks against Hugging Face Trainer: its settings, and a stopwatch for the steps of both."""

import time
from typing import Any

import pytorch_lightning as pl
import torch
from transformers import Trainer, TrainerCallback, TrainingArguments


class Stopwatch(pl.Callback):
    """Records when each training step ends."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_train_batch_end(self, *_: object) -> None:
        self.ends.append(time.perf_counter())

    def seconds(self) -> float:
        """Time of all steps but the first two, in which buffers are allocated."""
        return self.ends[-1] - self.ends[1]


class TrainerStopwatch(TrainerCallback, Stopwatch):
    """The same as a callback for Trainer."""

    def on_step_end(self, *_: object, **__: object) -> None:
        self.on_train_batch_end()


def arguments(folder: str, **settings: Any) -> TrainingArguments:
    """tunesmith's defaults as Trainer's settings: AdamW's weight decay, a linear schedule with warm-up; no logging."""
    common: dict[str, Any] = {"warmup_steps": 0.1, "weight_decay": 0.01}  # the warm-up is a fraction of all steps
    common |= {"report_to": [], "save_strategy": "no", "disable_tqdm": True, "use_cpu": not torch.cuda.is_available()}
    return TrainingArguments(folder, **(common | settings))


def timed(trainer: Trainer) -> float:
    """Seconds that Trainer's steps take, except the first two."""
    watch = TrainerStopwatch()
    trainer.add_callback(watch)
    trainer.train()
    return watch.seconds()
