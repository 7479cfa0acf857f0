"""The head's loss against its definition, written as loops, and its predictions."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from tunesmith.data.batch import Batch
from tunesmith.skeletons.head import Skeleton


def made() -> Skeleton:
    backbone: Any = SimpleNamespace(config=SimpleNamespace(hidden_size=8), cls_is_first=True)
    return Skeleton(backbone, SimpleNamespace(outputs=3), width=4, dropout=0.5, margin=0.7).eval()


def test_the_loss_is_the_hinge_loss() -> None:
    torch.manual_seed(0)
    hidden, labels = torch.randn(5, 6, 8), torch.tensor([0, 1, 2, 1, 0])
    batch, head = Batch({}, {"labels": labels}, np.arange(5)), made()
    scores = head(hidden, batch)
    expected = 0.0
    for row, label in zip(scores.tolist(), labels.tolist(), strict=True):
        others = [number for number in range(3) if number != label]
        expected += sum(max(0.0, 0.7 - row[label] + row[other]) for other in others) / 3 / 5
    assert abs(head.loss(scores, batch).item() - expected) < 1e-5


def test_padding_changes_nothing() -> None:
    torch.manual_seed(0)
    hidden, head = torch.randn(2, 6, 8), made()
    mask = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0]])
    scores = head(hidden, Batch({"attention_mask": mask}, {}, np.arange(2)))
    alone = head(hidden[1:, :3], Batch({}, {}, np.arange(1)))
    assert torch.allclose(scores[1], alone[0])
    assert head.decode(scores, Batch({}, {}, np.arange(2)))["prediction"].tolist() == scores.argmax(1).tolist()
