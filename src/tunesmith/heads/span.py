"""Start and end of an answer span, with the family's own Hugging Face head."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tunesmith.backbones.backbone import Backbone
from tunesmith.data.batch import IGNORED, Batch
from tunesmith.heads.distributions import Categorical
from tunesmith.heads.hugging_face import HuggingFaceHead, at_least_float32, new_stem
from tunesmith.heads.training_loss import PLAIN, TrainingLoss, cross_entropy


class Span(HuggingFaceHead):
    """Scores are logits of shape (batch, length, 2): of a token being the answer's first, and its last.

    Args:
        backbone: its family determines the projection.
        task: a `QuestionAnswering` task.
    """

    task = "question_answering"
    offers = ("label_smoothing", "focal", "distribution", "entropy")
    refuses = {
        "class_weights": "its outcomes are tokens, which have no labels",
        "mixup": "the answers of two texts have no mixture",
        "representation": "a window has a span, not a label",
    }

    def __init__(self, backbone: Backbone, task: Any) -> None:
        super().__init__(new_stem(backbone, "AutoModelForQuestionAnswering", labels=(), outputs=2))
        self.training_loss = TrainingLoss()
        self._n_best, self._max_answer_length = task.n_best, task.max_answer_length

    def forward(self, hidden: Tensor, batch: Batch) -> Tensor:
        """Logits (batch, length, 2) from hidden states (batch, length, width); -inf at padding."""
        found = self.stem(inputs_embeds=hidden)
        logits = at_least_float32(torch.stack([found.start_logits, found.end_logits], dim=-1))
        mask = batch.inputs.get("attention_mask")
        return logits if mask is None else logits.masked_fill(mask.unsqueeze(-1) == 0, -torch.inf)

    def loss(self, scores: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy of first and last token over the windows with a target; zero if there are none."""
        labels, settings = batch.targets["labels"], self.training_loss if self.training else PLAIN
        both = sum(cross_entropy(scores[..., part], labels[:, part], settings) for part in (0, 1))
        return both / self.loss_denominator(batch).clamp(min=1) / 2

    def loss_denominator(self, batch: Batch) -> Tensor:
        """Number of windows with a target."""
        return (batch.targets["labels"][:, 0] != IGNORED).sum()

    def distribution(self, scores: Tensor, batch: Batch) -> Categorical:
        """Two categorical variables a window: the tokens that the answer begins and ends with."""
        return Categorical(scores.transpose(1, 2).log_softmax(-1))

    def decode(self, scores: Tensor, batch: Batch) -> dict[str, Tensor]:
        """The best spans of each window, as token offsets in the context.

        Returns:
            `first`, `last` and `score`, (batch, n_best) each, best first, with score -inf if there are fewer; and
            `null_score` (batch,).
        """
        starts, ends = scores.unbind(-1)  # (batch, length)
        begin, stop = batch.layout["context"].unbind(-1)
        places = torch.arange(scores.shape[1], device=scores.device)
        outside = (places < begin[:, None]) | (places >= stop[:, None])
        starts, ends = (part.masked_fill(outside, -torch.inf) for part in (starts, ends))
        # The n best spans start at the n tokens with the best spans, so only those are searched in full.
        width, n_best = min(self._max_answer_length, scores.shape[1]), min(self._n_best, scores.shape[1])
        padded = functional.pad(ends, (0, width - 1), value=-torch.inf)
        longest = functional.max_pool1d(padded.unsqueeze(1), width, stride=1).squeeze(1)  # best end of each start
        first = (starts + longest).topk(n_best, dim=1).indices  # (batch, n_best)
        spread = first.unsqueeze(-1) + torch.arange(width, device=scores.device)  # (batch, n_best, width)
        sums = starts.gather(1, first).unsqueeze(-1) + padded.gather(1, spread.flatten(1)).view_as(spread)
        best, places = sums.flatten(1).topk(n_best, dim=1)
        last = spread.flatten(1).gather(1, places)
        first = first.gather(1, places // width)
        null = batch.layout["no_answer"][:, None, None].expand(-1, 1, 2)
        return {
            "first": first - begin[:, None],
            "last": last - begin[:, None],
            "score": best,
            "null_score": scores.gather(1, null).sum((1, 2)),
        }
