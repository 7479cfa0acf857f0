"""The DataModule: a source's splits, encoded by a task and batched by the epoch plan."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from tunesmith.configuration.ranges import PositiveInt
from tunesmith.data.batch import Batch
from tunesmith.data.encoded_split import EncodedSplit
from tunesmith.data.epoch_plan import SHUFFLE_BUFFER_BATCHES, EpochPlan, evaluation_plan, streamed_plan, training_plan
from tunesmith.data.streamed_split import StreamedSplit
from tunesmith.data.tokenized import prepare
from tunesmith.distributed.context import SINGLE_PROCESS, DistributedContext


class TextDataModule(pl.LightningDataModule):
    """`prepare_data` tokenises into the cache, `setup` opens the cached splits.

    Args:
        source: where rows come from (`tunesmith.data.sources`).
        task: how rows become tensors (`tunesmith.tasks`).
        tokenizer: of the backbone.
        tokenizer_key: identifies the tokenizer's content.
        seed: of the order of the training examples.
        context: rank and world size of this process, which takes its shard of every batch.
        reading: what the content of the encoded splits depends on beside the source's fingerprint and the task's options; JSON.
        batch_size: examples per training batch, or null.
        max_tokens: tokens per training batch, padding included, or null.
        eval_batch_size: examples per evaluation batch.
    """

    def __init__(
        self,
        source: Any,
        task: Any,
        tokenizer: Any,
        tokenizer_key: str,
        seed: int,
        context: DistributedContext = SINGLE_PROCESS,
        reading: Sequence[Any] = (),
        *,
        batch_size: PositiveInt | None,
        max_tokens: PositiveInt | None,
        eval_batch_size: PositiveInt,
    ) -> None:
        super().__init__()
        self.source, self.task, self.tokenizer = source, task, tokenizer
        self.tokenizer_key, self._seed, self._context = tokenizer_key, seed, context
        self._reading = reading
        self._batch_size, self._max_tokens, self._eval_batch_size = batch_size, max_tokens, eval_batch_size
        self._streaming = getattr(task, "streaming", False)
        self._entries: dict[str, Path] = {}
        self.splits: dict[str, Any] = {}

    def prepare_data(self) -> None:
        """Tokenise every split that is not cached."""
        for split in self.source.splits if not self._streaming else ():
            self._prepare(split)

    def setup(self, stage: str | None = None) -> None:
        """Open the encoded splits."""
        if not self.splits:
            self.splits = {split: self._open(split) for split in self.source.splits}
            if hasattr(self.task, "check_windows"):
                for split, examples in self.splits.items():
                    self.task.check_windows(split, examples.lengths)

    @functools.cached_property
    def plan(self) -> EpochPlan:
        """The order of the training examples."""
        lengths = self.splits["train"].lengths
        if self._streaming:
            blocks = functools.partial(streamed_plan, len(lengths), batch_size=self._streamed_batch_size)
            return EpochPlan(functools.partial(blocks, seed=self._seed))
        size, tokens = self._batch_size, self._max_tokens
        return EpochPlan(functools.partial(training_plan, lengths, batch_size=size, max_tokens=tokens, seed=self._seed))

    def notes(self) -> dict[str, dict[str, int]]:
        """What was noticed when the splits were encoded, with the number of rows in each split."""
        names = dict.fromkeys(note for examples in self.splits.values() for note in examples.notes)
        return {note: {split: found.notes.get(note, 0) for split, found in self.splits.items()} for note in names}

    def train_dataloader(self) -> Any:
        """The training split in the batches of the epoch plan."""
        return self._loader(self.splits["train"], self.plan)

    def val_dataloader(self) -> Any:
        """The validation split, longest examples first."""
        return self.evaluation_dataloader("validation")

    def evaluation_dataloader(self, split: str) -> Any:
        """A split in evaluation batches, longest examples first."""
        examples = self.splits[split]
        return self._loader(examples, evaluation_plan(examples.lengths, batch_size=self._eval_batch_size))

    def _open(self, split: str) -> Any:
        if self._streaming:
            options = {"tokenizer": self.tokenizer, "tokenizer_key": self.tokenizer_key, "reading": self._reading}
            buffer = self._streamed_batch_size * SHUFFLE_BUFFER_BATCHES
            return StreamedSplit(self.source, split, task=self.task, shuffle_buffer=buffer, **options)
        return EncodedSplit.open(self._prepare(split), task=self.task, tokenizer=self.tokenizer)

    @property
    def _streamed_batch_size(self) -> int:
        """Blocks per batch; all have the same length."""
        return self._batch_size or max((self._max_tokens or 0) // self.task.max_length, 1)

    def _prepare(self, split: str) -> Path:
        if split not in self._entries:  # Lightning prepares again, and an entry is read as a whole to be verified
            options = {"task": self.task, "tokenizer": self.tokenizer, "tokenizer_key": self.tokenizer_key}
            self._entries[split] = prepare(self.source, split, reading=self._reading, **options)
        return self._entries[split]

    def _loader(self, examples: Any, plan: Any) -> Any:
        # The sampler yields the rows of a whole batch, so automatic batching is off.
        # A separate generator, so that starting an epoch does not advance the global random state.
        return DataLoader(
            Shard(examples, self._context),  # type: ignore[arg-type]
            sampler=plan,
            batch_size=None,
            generator=torch.Generator(),
        )


class Shard:
    """This rank's shard of every batch: every `world_size`-th row, for any number of rows.

    Args:
        split: the split to take batches from.
        context: rank and world size of this process.
    """

    def __init__(self, split: Any, context: DistributedContext) -> None:
        self.split, self._context = split, context

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, rows: np.ndarray) -> Batch:
        own = rows[self._context.rank :: self._context.world_size]
        # All ranks take the same number of steps; a rank without rows gets a dummy, which is not counted.
        batch = self.split[own if len(own) else rows[:1]]
        batch.rows = own
        return batch
