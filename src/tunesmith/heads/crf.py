"""Linear-chain CRF over word emissions (Lafferty et al., 2001)."""

from typing import Any

from torch import Tensor, nn

from tunesmith.backbones.backbone import Backbone
from tunesmith.configuration.ranges import PositiveFloat
from tunesmith.data.batch import Batch
from tunesmith.heads.chain_distribution import Chains, expected_score, smoothed
from tunesmith.heads.hugging_face import HuggingFaceHead, at_least_float32, new_stem
from tunesmith.heads.linear_chain_crf import LinearChainCrf, best_path, negative_log_likelihood
from tunesmith.heads.token_classification import first_token_states
from tunesmith.heads.training_loss import PLAIN, TrainingLoss
from tunesmith.heads.transitions import forbidden_transitions


class Crf(HuggingFaceHead):
    """Scores are emissions of shape (batch, words, labels), from each word's first token.

    Args:
        backbone: its family determines the projection.
        task: a `TokenClassification` task whose labels are known.
        constrained: predict the best well-formed BIO sequence.
        transition_lr_scale: learning rate of the transitions as a multiple of `optimizer.lr`: they start near zero, and
            a pretrained backbone's learning rate would barely move them.
    """

    task = "token_classification"
    offers = ("label_smoothing", "distribution", "entropy")
    refuses = {
        "class_weights": "its likelihood is that of a whole tag sequence, in which no tag has a term of its own to weight",
        "focal": "its likelihood is that of a whole tag sequence, in which no tag has a term of its own to weight",
        "mixup": "two sentences have different words, and their tag sequences no mixture",
        "representation": "a word's label is not that of its sentence",
    }

    def __init__(self, backbone: Backbone, task: Any, *, constrained: bool, transition_lr_scale: PositiveFloat) -> None:
        names = task.label_names
        super().__init__(new_stem(backbone, "AutoModelForTokenClassification", labels=names, outputs=len(names)))
        self._transition_lr_scale = transition_lr_scale
        self.chain = LinearChainCrf(len(names), batch_first=True)
        self.training_loss = TrainingLoss()
        self.forbidden: tuple[Tensor, Tensor] | None = forbidden_transitions(names) if constrained else None
        self.register_load_state_dict_pre_hook(_rename)

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Emissions (batch, words, labels) from hidden states (batch, length, width)."""
        logits: Tensor = self.stem(inputs_embeds=first_token_states(hidden, batch)).logits
        return at_least_float32(logits)

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Negative log-likelihood of the tag sequences, divided by the number of words, as in a softmax loss.

        With label smoothing each tag of the target is spread over all tags, independently of the others: the loss is the
        expected negative log-likelihood, and equals the softmax's if all transitions are 0.
        """
        lengths, tags = batch.layout["words"], batch.targets["labels"].clamp(min=0)
        chain = self._chain()
        losses = negative_log_likelihood(scores, tags, lengths, *chain)
        smoothing = (self.training_loss if self.training else PLAIN).label_smoothing
        if smoothing:
            certain, spread = (
                expected_score(scores, smoothed(tags, scores.shape[-1], epsilon), lengths, *chain)
                for epsilon in (0.0, smoothing)
            )
            losses = losses + certain - spread
        return losses.sum() / self.loss_denominator(batch)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of words."""
        return batch.layout["words"].sum()

    def distribution(self, scores: Tensor, batch: Batch) -> Chains:
        """The distribution over tag sequences, averaged over words."""
        return Chains.of(scores, batch.layout["words"], *self._chain())

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Tag ids (batch, words) of the most probable sequences."""
        start, transitions, end = self._chain()
        if self.forbidden is not None:
            start, transitions = start + self.forbidden[0].to(start), transitions + self.forbidden[1].to(start)
        return {"prediction": best_path(scores, batch.layout["words"], start, transitions, end)}

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """The learning-rate scale of the transitions."""
        return {"lr_scale": self._transition_lr_scale if name.rpartition(".")[0].endswith("chain") else 1.0}

    def _chain(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.chain.start_transitions, self.chain.transitions, self.chain.end_transitions


def _rename(module: Any, state_dict: dict[str, Tensor], prefix: str, *rest: Any) -> None:
    """Read the state of version 0.1, which had the transitions in the head itself."""
    for name in ("start_transitions", "end_transitions", "transitions"):
        if prefix + name in state_dict:
            state_dict[f"{prefix}chain.{name}"] = state_dict.pop(prefix + name)
