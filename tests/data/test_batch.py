"""A batch keeps its parts apart on every device."""

from unittest.mock import Mock

import numpy as np
import pytest
import torch

from tunesmith.data.batch import Batch


def test_every_part_but_the_rows_is_sent_to_a_device():
    rows = np.array([4, 2])
    parts = ({"input_ids": torch.ones(2, 3)}, {"labels": torch.zeros(2)}, {"words": torch.full((2,), 7)})
    batch = Batch(parts[0], parts[1], rows, parts[2])
    moved = batch.to("meta")
    for part, before in zip((moved.inputs, moved.targets, moved.layout), parts, strict=True):
        assert {name: tensor.shape for name, tensor in part.items()} == {n: t.shape for n, t in before.items()}
        assert all(tensor.device.type == "meta" for tensor in part.values())
    assert moved.rows is rows and moved.size == 2
    same = batch.to("cpu")
    assert same.inputs == parts[0] and same.targets == parts[1] and same.layout == parts[2]


@pytest.mark.parametrize("options", [{}, {"non_blocking": True}])
def test_a_copy_waits_unless_lightning_asks_it_not_to(options):
    tensor = Mock()
    moved = Batch({"input_ids": tensor}, {}, np.array([0])).to("cuda", **options)
    tensor.to.assert_called_once_with("cuda", **({"non_blocking": False} | options))
    assert moved.inputs == {"input_ids": tensor.to.return_value}


def test_pinned_memory_holds_every_tensor():
    tensor = Mock()
    pinned = Batch({}, {"labels": tensor}, np.array([0])).pin_memory()
    assert pinned.targets == {"labels": tensor.pin_memory.return_value}
