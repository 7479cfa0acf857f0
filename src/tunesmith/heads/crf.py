"""Linear-chain CRF over word emissions (Lafferty et al., 2001)."""

from typing import Any

import torch
from torch import Tensor, nn

from tunesmith.backbones.backbone import Backbone
from tunesmith.configuration.ranges import PositiveFloat
from tunesmith.data.batch import Batch
from tunesmith.heads.hugging_face import HuggingFaceHead, new_stem
from tunesmith.heads.linear_chain_crf import best_path, negative_log_likelihood
from tunesmith.heads.token_classification import first_token_states
from tunesmith.heads.transitions import forbidden_transitions

_CHAIN = ("start_transitions", "end_transitions", "transitions")  # named as in pytorch-crf


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
    offers = ()

    def __init__(self, backbone: Backbone, task: Any, *, constrained: bool, transition_lr_scale: PositiveFloat) -> None:
        names = task.label_names
        super().__init__(new_stem(backbone, "AutoModelForTokenClassification", labels=names, outputs=len(names)))
        self._transition_lr_scale = transition_lr_scale
        self.start_transitions = nn.Parameter(torch.empty(len(names)).uniform_(-0.1, 0.1))
        self.end_transitions = nn.Parameter(torch.empty(len(names)).uniform_(-0.1, 0.1))
        self.transitions = nn.Parameter(torch.empty(len(names), len(names)).uniform_(-0.1, 0.1))  # [from, to]
        self.forbidden: tuple[Tensor, Tensor] | None = forbidden_transitions(names) if constrained else None

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Emissions (batch, words, labels) from hidden states (batch, length, width)."""
        logits: Tensor = self.stem(inputs_embeds=first_token_states(hidden, batch)).logits
        return logits.float()

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Negative log-likelihood of the tag sequences, divided by the number of words, as in a softmax loss."""
        lengths, tags = batch.layout["words"], batch.targets["labels"].clamp(min=0)
        chain = (self.start_transitions, self.transitions, self.end_transitions)
        return negative_log_likelihood(scores, tags, lengths, *chain).sum() / self.loss_denominator(batch)

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of words."""
        return batch.layout["words"].sum()

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Tag ids (batch, words) of the most probable sequences."""
        start: Tensor = self.start_transitions
        transitions: Tensor = self.transitions
        if self.forbidden is not None:
            start, transitions = start + self.forbidden[0].to(start), transitions + self.forbidden[1].to(start)
        path = best_path(scores, batch.layout["words"], start, transitions, self.end_transitions)
        return {"prediction": path}

    def parameter_options(self, name: str, parameter: nn.Parameter, module: Any) -> dict[str, float]:
        """The learning-rate scale of the transitions."""
        return {"lr_scale": self._transition_lr_scale if name.rpartition(".")[2] in _CHAIN else 1.0}
