"""The order of an epoch: a pure function of (lengths, seed, epoch), so that all ranks and resumed runs agree on it.

Examples are grouped by length to save padding: the shuffled examples are split into pools, each pool is sorted by
length and split into batches, and the batches are shuffled. Every example appears exactly once per epoch.
"""

from collections.abc import Callable, Iterator

import numpy as np

SHUFFLE_BUFFER_BATCHES = 500  # size of the shuffle buffer of a streamed text, in batches
POOL_BATCHES = 100  # batches per pool; larger pools pad less and shuffle less


def training_plan(
    lengths: np.ndarray, *, batch_size: int | None, max_tokens: int | None, seed: int, epoch: int
) -> list[np.ndarray]:
    """Rows of each batch of an epoch, in training order.

    Args:
        lengths: (examples,) tokens of each example.
        batch_size: examples per batch; the last batch of the last pool may be smaller.
        max_tokens: instead, tokens per batch, padding included. The whole epoch is then one pool, so that the number
            of batches is the same in every epoch.
        seed: of the run.
        epoch: from 0.
    """
    generator = np.random.default_rng([seed, epoch])
    order = generator.permutation(len(lengths))
    pool = batch_size * POOL_BATCHES if batch_size is not None else len(lengths)
    batches = []
    for start in range(0, len(order), max(pool, 1)):
        rows = order[start : start + pool]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        batches += _split(rows, lengths, batch_size=batch_size, max_tokens=max_tokens)
    return [batches[number] for number in generator.permutation(len(batches))]


def streamed_plan(blocks: int, *, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """Rows of each batch of an epoch that reads a text in order and shuffles within a buffer of blocks.

    Args:
        blocks: number of blocks, all of the same length.
        batch_size: blocks per batch.
        seed: of the run.
        epoch: from 0.
    """
    generator = np.random.default_rng([seed, epoch])
    buffer = batch_size * SHUFFLE_BUFFER_BATCHES
    batches = []
    for start in range(0, blocks, buffer):
        rows = start + generator.permutation(min(buffer, blocks - start))
        batches += [rows[first : first + batch_size] for first in range(0, len(rows), batch_size)]
    return batches


def evaluation_plan(lengths: np.ndarray, *, batch_size: int) -> list[np.ndarray]:
    """Rows of each batch, longest first, so that running out of memory shows at once."""
    rows = np.argsort(-lengths, kind="stable")
    return [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]


def padding_fraction(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    """Fraction of the tokens in the batches that is padding."""
    padded = sum(len(rows) * int(lengths[rows].max()) for rows in batches)
    return 1 - sum(int(lengths[rows].sum()) for rows in batches) / padded


def _split(
    rows: np.ndarray, lengths: np.ndarray, *, batch_size: int | None, max_tokens: int | None
) -> list[np.ndarray]:
    if max_tokens is None:
        assert batch_size is not None
        return [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
    batches, start = [], 0
    for end in range(1, len(rows) + 1):  # sorted, so the row before `end` is the longest of its batch
        if (end - start) * lengths[rows[end - 1]] > max_tokens:
            batches.append(rows[start : end - 1])
            start = end - 1
    return [*batches, rows[start:]]


class EpochPlan:
    """A sampler that yields the rows of one batch at a time; Lightning calls `set_epoch`.

    Args:
        plan: `plan(epoch=...)` returns the batches of an epoch.
    """

    def __init__(self, plan: Callable[..., list[np.ndarray]]) -> None:
        self._plan = plan
        self._epoch: int | None = None
        self.set_epoch(0)

    def start_at(self, epoch: int, batches: int) -> None:
        """Skip the first batches of an epoch, which a resumed run has already trained on."""
        self.set_epoch(epoch)
        self._skipped = batches

    def set_epoch(self, epoch: int) -> None:
        """Compute the plan of an epoch, from 0."""
        if epoch != self._epoch:
            self._epoch, self._skipped = epoch, 0
            self.batches = self._plan(epoch=epoch)

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(self.batches[self._skipped :])

    def __len__(self) -> int:
        """Batches per epoch."""
        return len(self.batches)
