"""The only LightningModule: backbone, head and regularizers in one training step."""

import contextlib
import functools
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor, nn
from torchmetrics import MeanMetric

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import Batch
from tunesmith.distributed import collectives
from tunesmith.regularizers.regularizer import Regularizer
from tunesmith.regularizers.step import Pass, TrainingStep
from tunesmith.training.accumulation import Accumulation
from tunesmith.training.evaluated_weights import evaluated_weights
from tunesmith.training.gathered_predictions import GatheredPredictions
from tunesmith.training.nonfinite import FirstNonFinite, NonFiniteError, largest
from tunesmith.training.rate_names import rate_names
from tunesmith.training.step_metrics import StepMetrics


class FineTuningModule(pl.LightningModule):
    """Fine-tunes any backbone: the head is all that differs between tasks, and regularizers add penalties to its loss.

    Args:
        backbone: maps a batch to hidden states.
        head: maps hidden states to scores, and scores to a loss and to predictions.
        regularizers: see `tunesmith.regularizers`.
        regularizer_names: of the terms that they add to the loss; None for the names of their classes.
        make_optimizer: takes parameter groups, each with `params` and the options that it overrides.
        make_schedule: takes the total number of optimizer steps.
        accumulate_grad_batches: batches of an optimizer step.
        log_every_n_steps: optimizer steps between two logged training losses.
        total_steps: number of optimizer steps.
        seed: for what a head samples for each example and epoch.
        watches_gradients: note the first optimizer step whose loss or gradient is not finite.
        skipped_steps: optimizer steps, from 1, that change no weights: their loss or gradient was not finite.
    """

    def __init__(
        self,
        backbone: Backbone,
        head: Any,
        regularizers: Sequence[Regularizer],
        *,
        regularizer_names: Sequence[str] | None = None,
        make_optimizer: Callable[[list[dict[str, Any]]], torch.optim.Optimizer] | None = None,
        make_schedule: Callable[[int], Callable[[int], float]] | None = None,
        accumulate_grad_batches: int = 1,
        log_every_n_steps: int = 10,
        total_steps: int = 1,
        seed: int = 0,
        watches_gradients: bool = False,
        skipped_steps: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.backbone, self.head, self.regularizers = backbone, head, regularizers
        self._reads_gradient = any(regularizer.reads_gradient for regularizer in regularizers)
        self._make_optimizer, self._make_schedule = make_optimizer, make_schedule
        self._averaging: Any = None  # the optimizer, if it evaluates other weights than it trains
        self._log_every_n_steps, self.total_steps, self._seed = log_every_n_steps, total_steps, seed
        self._accumulation = Accumulation(accumulate_grad_batches) if accumulate_grad_batches > 1 else None
        self._mean_loss = MeanMetric()
        names = regularizer_names or [type(regularizer).__name__.lower() for regularizer in regularizers]
        # Of the regularizers whose penalty is a term of the loss; the same in every step, so that all ranks reduce the same values.
        self._penalty_names = {
            id(regularizer): f"penalty_{name}"
            for name, regularizer in zip(names, regularizers, strict=True)
            if type(regularizer).penalty is not Regularizer.penalty
        }
        self.metrics = StepMetrics(["loss_head", *self._penalty_names.values()] if self._penalty_names else [])
        self._terms: dict[str, Tensor] = {}  # of the loss of this step
        self._rate_names: list[str] = []
        self._full_rate = -1  # index of a group with the learning rate itself
        self._logged_step = 0
        self._nonfinite = FirstNonFinite() if watches_gradients else None
        self._skipped_steps = frozenset(skipped_steps)
        self._validation = contextlib.ExitStack()
        self._gathered = GatheredPredictions()
        self.scores: dict[str, float] = {}
        self.predictions: list[Any] = []  # the task's, for the examples that were scored last

    def forward(self, batch: Batch, *, offset: Tensor | None = None, with_distribution: bool = False) -> Pass:
        """A pass of a batch through the model.

        Args:
            offset: see `Backbone.forward`.
            with_distribution: compute the pass's distribution at once.
        """
        hidden = self.backbone(batch, offset=offset)
        found = Pass(self.head, batch, hidden, self.head(hidden, batch))
        if with_distribution:
            _ = found.distribution
        return found

    def on_before_batch_transfer(self, batch: Batch, dataloader_idx: int) -> Batch:
        """Let the head prepare a batch while it is on the CPU, for example mask tokens."""
        if self.trainer.training and not self._skips_step:
            self.metrics.count(batch)
        return self.prepared(batch, training=self.trainer.training)

    def prepared(self, batch: Batch, *, training: bool) -> Batch:
        """The batch as the head prepares it; deterministic in evaluation."""
        if hasattr(self.head, "prepare"):
            self.head.prepare(batch, seed=self._seed, epoch=self.current_epoch if training else None)
        return batch

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss to minimise: the head's, and what regularizers make of it."""
        if self._skips_step:  # DDP needs a gradient of every parameter
            return torch.stack(
                [parameter.sum() * 0 for parameter in self.parameters() if parameter.requires_grad]
            ).sum()
        compute = functools.partial(self._regularized_loss, batch)
        for regularizer in self.regularizers:
            compute = functools.partial(regularizer.around, self, compute)
        self._terms = {}
        total, weight = compute(), None
        is_distributed = collectives.world_size() > 1
        if is_distributed or self._accumulation is not None:
            own = self.loss_denominator(batch)
            whole = collectives.all_reduce(own) if is_distributed else own
        if is_distributed:
            # DDP averages gradients over ranks, each with a shard: reweight to the mean over the whole batch.
            weight = own * collectives.world_size() / whole.clamp(min=torch.finfo(own.dtype).tiny)
            total = total * weight
        self.metrics.add(total, self._terms, weight)  # stays on the device: reading it would synchronise
        if self._nonfinite is not None:
            self._nonfinite.note(total.detach(), step=self.trainer.global_step + 1)
        return total if self._accumulation is None else total * self._accumulation.weight(whole)

    def on_after_backward(self) -> None:
        """Complete the gradient of accumulated batches."""
        if self._accumulation is not None:
            self._accumulation.complete(self.parameters(), is_last_batch=bool(self.trainer.is_last_batch))

    def _regularized_loss(self, batch: Batch) -> Tensor:
        step = TrainingStep(self, batch, reads_gradient=self._reads_gradient, weights=self._replaced_weights)
        losses = [loss for regularizer in self.regularizers if (loss := regularizer.task_loss(step)) is not None]
        assert len(losses) < 2, "only one regularizer may replace the loss"
        total = losses[0] if losses else step.plain.loss
        terms = {"loss_head": total.detach()}
        for regularizer in self.regularizers:
            penalty = regularizer.penalty(step)
            total = total if penalty is None else total + penalty
            if penalty is not None and id(regularizer) in self._penalty_names:
                terms[self._penalty_names[id(regularizer)]] = penalty.detach()
        if self.metrics.terms and not self._terms:  # if it is computed several times, `around` returns the first loss
            self._terms = terms
        return total

    def _replaced_weights(self) -> dict[str, Tensor]:
        """Weights that a training pass uses instead of the module's own, by name."""
        return {
            name: weight
            for regularizer in self.regularizers
            for name, weight in regularizer.forward_weights(self).items()
        }

    @property
    def _skips_step(self) -> bool:
        return bool(self._skipped_steps) and self.trainer.global_step + 1 in self._skipped_steps

    def on_before_optimizer_step(self, optimizer: Any) -> None:
        """Note a gradient that is not finite (the scaler of float16 skips such steps itself), and change the clipped ones."""
        if self._nonfinite is not None and self.trainer.precision != "16-mixed":
            gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
            self._nonfinite.note(largest(gradients), step=self.trainer.global_step + 1)
        for regularizer in self.regularizers:
            regularizer.before_update(self)

    def optimizer_step(
        self, epoch: int, batch_idx: int, optimizer: Any, optimizer_closure: Callable[[], Any] | None = None
    ) -> None:
        """Update the weights, except in a skipped step, which counts for the schedule and changes nothing else."""
        if self._skips_step:
            assert optimizer_closure is not None
            optimizer_closure()  # Lightning reads its result
            return
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        for regularizer in self.regularizers:
            regularizer.after_update(self)

    @property
    def logs_next_step(self) -> bool:
        """Whether values will be logged after the optimizer step that is about to be taken."""
        return (self.global_step + 1) % self._log_every_n_steps == 0 or bool(self.trainer.is_last_batch)

    @property
    def logs_this_step(self) -> bool:
        """Whether values are logged after the batch that has just been taken."""
        due = self.global_step % self._log_every_n_steps == 0 and self.global_step != self._logged_step
        return due or bool(self.trainer.is_last_batch)

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Log what was accumulated since it was last logged, every n steps."""
        if self.logs_this_step:
            self._logged_step = self.global_step
            values = self._logged_values()
            for logger in self.loggers:
                logger.log_metrics(values, step=self.global_step)

    def _logged_values(self) -> dict[str, float]:
        """The values of `StepMetrics`, the learning rates and the epoch.

        Raises:
            NonFiniteError: if the loss is not finite.
        """
        rates = [group["lr"] for group in self.trainer.optimizers[0].param_groups]
        values = {"train/learning_rate": rates[self._full_rate], "epoch": float(self.current_epoch)}
        if len(self._rate_names) == len(rates):
            values |= {f"train/learning_rate/{name}": rate for name, rate in zip(self._rate_names, rates, strict=True)}
        values |= self.metrics.read(self.device)
        if "train/loss" in values:  # missing if all steps since then were skipped
            mean = values["train/loss"]
            if not mean < float("inf"):
                raise self._not_finite(f"the training loss is {mean}")
            self.trainer.progress_bar_metrics["loss"] = mean
        skipped = sum(step <= self.global_step for step in self._skipped_steps)
        return values | ({"train/skipped_steps": float(skipped)} if skipped else {})

    def check_finite(self) -> None:
        """Check the state before it is saved: a run must not resume from weights that are not finite.

        Raises:
            NonFiniteError: if the loss since it was last logged, or a weight, is not finite; on all ranks alike.
        """
        loss = collectives.all_reduce(self.metrics.loss_sum(self.device)).item()
        if not math.isfinite(loss):
            raise self._not_finite(f"the training loss is {loss}")
        weight = largest([parameter.detach() for parameter in self.parameters() if parameter.requires_grad]).item()
        if not math.isfinite(weight):
            raise self._not_finite(f"a weight is {weight}")

    def _not_finite(self, what: str) -> NonFiniteError:
        first = self._nonfinite.step() if self._nonfinite is not None else None
        return NonFiniteError(what, step=self.global_step, first=first)

    def evaluated_state_dict(self) -> dict[str, Tensor]:
        """The state dict of the weights that are evaluated and saved, see `evaluated_weights`."""
        with evaluated_weights(self, self.regularizers, self._averaging):
            state = self.state_dict()  # it keeps the exchanged tensors, which only an optimizer's `train` changes again
            return state if self._averaging is None else {name: value.clone() for name, value in state.items()}

    def on_validation_start(self) -> None:
        """During training, load the weights that are evaluated and saved."""
        if self.trainer.state.fn == TrainerFn.FITTING:
            self._validation.enter_context(evaluated_weights(self, self.regularizers, self._averaging))

    def use_trained_weights(self) -> None:
        """End what `on_validation_start` began, before the training state is saved or training goes on."""
        self._validation.close()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Decode a batch and accumulate its loss."""
        if batch.size:
            scores = self(batch).scores
            self._mean_loss.update(self.head.loss(scores, batch), weight=self.loss_denominator(batch))
            self._gathered.add(batch, self.head.decode(scores, batch))

    def on_validation_epoch_end(self) -> None:
        """Gather the predictions of all ranks, score the whole split and, during training, log the scores."""
        self.use_trained_weights()
        split: Any = self.trainer.val_dataloaders.dataset.split  # type: ignore[union-attr]
        loss = float(self._mean_loss.compute())  # over all ranks
        self._mean_loss.reset()
        predictions = self._gathered.gather(split)
        if self.trainer.is_global_zero:
            self.predictions = predictions
            self.scores = split.task.score(split, predictions) | {"loss": loss}
        self.scores = collectives.broadcast_object(self.scores)
        if self.trainer.state.fn == TrainerFn.FITTING:
            values = {f"validation/{name}": value for name, value in self.scores.items()}
            self.log_dict(values, logger=False)  # for callbacks; Lightning would log them one step too early
            for logger in self.loggers:
                logger.log_metrics(values | {"epoch": float(self.current_epoch)}, step=self.global_step)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Denominator of the head's mean loss: the number of examples, unless the head counts other terms."""
        if batch.size and hasattr(self.head, "loss_denominator"):
            denominator: Tensor = self.head.loss_denominator(batch)
            return denominator.float()
        return torch.tensor(float(batch.size), device=self.device)

    def progress(self) -> dict[str, Any]:
        """Accumulators of the next logged values, for the training state."""
        return self.metrics.state() | {"logged_step": self._logged_step}

    def restore_progress(self, progress: dict[str, Any]) -> None:
        """Restore the accumulators that `progress` returned."""
        self.metrics.restore(progress, self.device)
        self._logged_step = progress["logged_step"]

    def configure_optimizers(self) -> Any:
        """One parameter group for each combination of options that head and regularizers set."""
        assert self._make_optimizer is not None and self._make_schedule is not None
        groups = self.parameter_groups()
        self._rate_names = rate_names(groups, dict(self.named_parameters()))
        scales = [group.get("lr_scale", 1.0) for group in groups]
        self._full_rate = scales.index(1.0) if 1.0 in scales else -1
        optimizer = self._make_optimizer(groups)
        self._averaging = optimizer if hasattr(optimizer, "eval") else None
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self._make_schedule(self.total_steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    @property
    def loss_scale(self) -> float:
        """What float16 multiplies a loss by before its backward pass; 1 in other precisions."""
        scaler = getattr(getattr(self._trainer, "precision_plugin", None), "scaler", None)
        return 1.0 if scaler is None else float(scaler.get_scale())

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Parameter groups with `lr_scale` and `weight_decay`, those with the smallest learning rate first."""
        members: dict[tuple[tuple[str, float], ...], list[nn.Parameter]] = defaultdict(list)
        head = [self.head] if hasattr(self.head, "parameter_options") else []
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                options: dict[str, float] = {}
                for part in (*head, *self.regularizers):
                    wanted = part.parameter_options(name, parameter, self)
                    if "lr_scale" in wanted:
                        wanted["lr_scale"] *= options.get("lr_scale", 1.0)
                    options |= wanted
                members[tuple(sorted(options.items()))].append(parameter)
        groups = [{"params": parameters, **dict(options)} for options, parameters in members.items()]
        return sorted(groups, key=lambda group: group.get("lr_scale", 1.0))
