"""Predictions for a split: decoded batch by batch on each rank, gathered on rank zero in the order of the examples."""

import itertools
from typing import Any

from torch import Tensor

from tunesmith.data.batch import Batch
from tunesmith.distributed import collectives


class GatheredPredictions:
    """Keeps decoded outputs on the device until the split ends, so that no batch waits for a copy to the CPU."""

    def __init__(self) -> None:
        self._decoded: list[tuple[Any, dict[str, Tensor]]] = []

    def add(self, batch: Batch, outputs: dict[str, Tensor]) -> None:
        """Add a decoded batch.

        Args:
            batch: this rank's shard.
            outputs: what the head's `decode` returned, (batch, ...) each.
        """
        self._decoded.append((batch.rows, outputs))

    def gather(self, split: Any) -> list[Any]:
        """The task's predictions for the examples of a split, on rank zero; an empty list on the other ranks.

        Args:
            split: the examples that the batches of all ranks cover.
        """
        decoded = [(rows, {name: part.cpu() for name, part in outputs.items()}) for rows, outputs in self._decoded]
        self._decoded.clear()
        shards = collectives.gather_to_rank_zero(decoded)
        if not shards:
            return []
        predictions: list[Any] = split.task.assemble(split, split.in_order(itertools.chain(*shards)))
        return predictions
