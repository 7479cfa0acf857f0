"""What training logs: accumulated on the device in each step, and read with one transfer when it is logged.

Names below `train/` are determined by the config: a resumed run repeats them bit by bit. Those below `machine/` are not.
"""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from tunesmith.data.batch import Batch
from tunesmith.distributed import collectives
from tunesmith.training.memory import memory


class StepMetrics:
    """Accumulates from one logged step to the next.

    Args:
        terms: names of what the loss consists of; empty if it has a single term.

    Attributes:
        peak_share: of the device's peak for one token a second, see `tunesmith.training.peak`; None if it is not known.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self.terms = tuple(terms)
        self.peak_share: float | None = None
        self._sums: Tensor | None = None  # (1 + terms,) of the loss and its terms, on the device
        self._batches = 0  # in `_sums`
        self._counts = [0, 0, 0]  # windows, tokens and tokens with padding of this rank
        self._next = (0, 0, 0)  # those of the batch whose step is not taken yet: an interruption may come before it
        self._windows, self._tokens = 0, 0  # of all ranks, since the run began
        self._norms: dict[str, Tensor] = {}  # scalars on the device, by the name that they are logged with
        self._began: float | None = None  # when the first batch since the last logged step was read
        self._seconds, self._seconds_before = 0.0, 0.0  # of training; since the last logged step, before it was resumed

    def count(self, batch: Batch) -> None:
        """Count a batch, on the CPU, for the next `add`."""
        if self._began is None:
            self._began = time.perf_counter()
        self._next = (0, 0, 0)
        if batch.size:  # a dummy has none
            ids, mask = batch.inputs["input_ids"], batch.inputs.get("attention_mask")
            tokens = ids.numel() if mask is None else int(mask.sum())
            self._next = (batch.size, tokens, ids.numel())

    def add(self, loss: Tensor, terms: Mapping[str, Tensor], weight: Tensor | None) -> None:
        """Add the loss of a batch, without waiting for the device.

        Args:
            loss: a scalar, weighted.
            terms: scalars by name; one that is missing adds nothing.
            weight: of the terms; None for 1.
        """
        values = loss.detach().reshape(1)
        if self.terms:
            none = loss.new_zeros(()) if len(terms) < len(self.terms) else loss
            parts = torch.stack([terms.get(name, none).detach().float() for name in self.terms])
            values = torch.cat([values, parts if weight is None else parts * weight])
        if self._sums is None:
            self._sums = torch.zeros(1 + len(self.terms), device=loss.device)
        self._sums += values
        self._batches += 1
        self._counts = [count + more for count, more in zip(self._counts, self._next, strict=True)]
        self._next = (0, 0, 0)

    def note_norm(self, name: str, norm: Tensor) -> None:
        """Keep a norm, a scalar on the device, for the next logged values: `gradient_norm` or `weight_norm`."""
        self._norms[name] = norm

    def loss_sum(self, device: torch.device) -> Tensor:
        """The sum of the losses since the last logged step, on this rank."""
        return torch.zeros((), device=device) if self._sums is None else self._sums[0]

    def read(self, device: torch.device) -> dict[str, float]:
        """The means since the last logged step, over all ranks, and the totals; the accumulators start again.

        Call it on every rank. `train/loss` is missing if every step since then was skipped.
        """
        values = self._read_losses() | self._read_counts(device)
        self._sums, self._batches, self._norms = None, 0, {}
        return values | memory(device)

    def _read_losses(self) -> dict[str, float]:
        if not self._batches or self._sums is None:
            return {}
        norms = [norm.reshape(1).float() for norm in self._norms.values()]
        read = torch.cat([collectives.all_reduce(self._sums), *norms]).tolist()  # the only transfer
        count = self._batches * collectives.world_size()
        means = dict(zip(("loss", *self.terms), (value / count for value in read), strict=False))
        found = {f"train/{name}": mean for name, mean in means.items() if name == "loss" or not math.isnan(mean)}
        values = zip(self._norms, read[len(read) - len(norms) :], strict=True)
        return found | {f"train/{name}": value for name, value in values}

    def _read_counts(self, device: torch.device) -> dict[str, float]:
        counts = self._counts
        if collectives.world_size() > 1:
            counts = collectives.all_reduce(torch.tensor(counts, device=device)).tolist()
        windows, tokens, padded = counts
        seconds = self._elapsed()
        self._windows, self._tokens, self._seconds = (
            self._windows + windows,
            self._tokens + tokens,
            self._seconds + seconds,
        )
        self._counts, self._began, self._seconds_before = [0, 0, 0], None, 0.0
        found = {"train/examples": float(self._windows), "train/tokens": float(self._tokens)}
        found["machine/seconds"] = self._seconds
        if seconds and padded:
            found["machine/examples_per_second"] = windows / seconds
            found["machine/tokens_per_second"] = tokens / seconds
            found["machine/padding"] = 1 - tokens / padded
            if self.peak_share is not None:
                found["machine/peak_share"] = self.peak_share * tokens / seconds / collectives.world_size()
        return found

    def _elapsed(self) -> float:
        return self._seconds_before + (0.0 if self._began is None else time.perf_counter() - self._began)

    def state(self) -> dict[str, Any]:
        """The accumulators, for the training state."""
        return {
            "sums": self._sums,
            "losses": self._batches,
            "counts": self._counts,
            "totals": [self._windows, self._tokens, self._seconds],
            "seconds": self._elapsed(),
        }

    def restore(self, state: dict[str, Any], device: torch.device) -> None:
        """Restore what `state` returned; a training state of version 0.2 or earlier has the loss only."""
        self._batches = state["losses"]
        if "sums" not in state:
            unknown = [math.nan] * len(self.terms)
            self._sums = torch.tensor([float(state["loss_sum"]), *unknown], device=device)
            return
        self._sums = None if state["sums"] is None else state["sums"].to(device)
        self._counts, self._seconds_before = list(state["counts"]), state["seconds"]
        self._windows, self._tokens, self._seconds = state["totals"]
