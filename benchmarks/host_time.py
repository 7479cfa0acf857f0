"""Host time that FineTuningModule adds to a step over Lightning's own loop, in microseconds.

    python benchmarks/host_time.py [--steps 2000] [--repeats 7]

Both loops train a model with one weight matrix, so that only the loop is measured. The bare module returns the same
loss without anything around it and without logging; ours logs every 10 steps.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from tunesmith.data.batch import Batch
from tunesmith.loggers.csv import csv
from tunesmith.regularizers.standard import Standard
from tunesmith.training import logging_setup
from tunesmith.training.module import FineTuningModule
from tunesmith.training.trainer import trainer


class Weight(torch.nn.Module):
    """The smallest backbone."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(2, 2))

    def forward(self, batch, offset=None):
        return batch.inputs["input_ids"] @ self.weight


class Sum(torch.nn.Module):
    """The smallest head."""

    def forward(self, hidden, batch):
        return hidden

    def loss(self, scores, batch):
        return scores.sum()


class Bare(pl.LightningModule):
    """Lightning's own loop with the same model."""

    def __init__(self):
        super().__init__()
        self.backbone, self.head = Weight(), Sum()

    def training_step(self, batch, batch_idx):
        return self.head.loss(self.head(self.backbone(batch), batch), batch)

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def seconds(module, loggers, batches, folder, extra=()):
    settings = {
        "max_epochs": 1,
        "max_steps": None,
        "accelerator": "cpu",
        "precision": 32,
        "devices": 1,
        "accumulate_grad_batches": 1,
        "on_nonfinite": "stop",
        "max_rollbacks": 3,
    }
    built = trainer(
        folder, list(extra), loggers, **settings, deterministic=False, log_every_n_steps=10, progress_bar=False
    )
    loader = DataLoader(batches, batch_size=None, collate_fn=lambda batch: batch)
    started = time.perf_counter()
    built.fit(module, train_dataloaders=loader)
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    logging_setup.log_to(None)
    batches = [Batch({"input_ids": torch.zeros(4, 2)}, {}, np.arange(4))] * arguments.steps
    make = {
        "make_optimizer": lambda groups: torch.optim.SGD(groups, lr=0.1),
        "make_schedule": lambda total: lambda step: 1.0,
    }
    none = {"hidden_dropout": None, "attention_dropout": None, "classifier_dropout": None, "weight_decay": 0.0}
    differences = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(arguments.repeats):
            bare = seconds(Bare(), [], batches, folder)
            regularizer = Standard(**none, gradient_clip=None)
            ours = FineTuningModule(Weight(), Sum(), [regularizer], **make)
            mine = seconds(ours, [csv(folder, {}, 0)], batches, folder, [regularizer])
            differences.append(1e6 * (mine - bare) / arguments.steps)
    print(f"added by FineTuningModule, logging on: {statistics.median(differences):.0f} microseconds a step")
    print(f"each repeat: {[round(value) for value in differences]}")


if __name__ == "__main__":
    main()
