"""Packed documents kept apart: a block-diagonal attention mask, and positions that restart at each document."""

from typing import Any

import torch
from torch import Tensor

from tunesmith.errors import UserError

SEPARABLE = ("bert", "roberta", "xlnet", "gpt2", "electra")  # families that accept a mask of queries by keys


def isolate_documents(inputs: dict[str, Tensor], documents: Tensor, config: Any) -> dict[str, Tensor]:
    """The model's arguments with which each document's hidden states do not depend on the others.

    Args:
        inputs: a batch's, with `input_ids` or `inputs_embeds`.
        documents: (batch, length) the index of each token's document.
        config: the Hugging Face config.

    Raises:
        UserError: for a family that does not support such masks.
    """
    family = config.model_type
    if family not in SEPARABLE:
        raise UserError(
            f"dataset.across_documents is false, but {family} models do not support document masks; expected one of "
            f"{', '.join(SEPARABLE)}; set dataset.across_documents=true or dataset.packing=none"
        )
    hidden = documents[:, :, None] != documents[:, None, :]  # (batch, length, length): pairs that may not attend
    inputs = {name: tensor for name, tensor in inputs.items() if name != "attention_mask"}
    if family == "xlnet":  # its positions are relative, and perm_mask is already a mask of queries by keys
        given = inputs.get("perm_mask")
        return inputs | {"perm_mask": hidden.float() if given is None else given.maximum(hidden.to(given.dtype))}
    length = documents.shape[1]
    if family == "gpt2":
        hidden = hidden | torch.ones(length, length, dtype=torch.bool, device=hidden.device).triu(1)
    mask = torch.zeros(hidden.shape, device=hidden.device).masked_fill(hidden, torch.finfo(torch.float32).min)
    indices = torch.arange(length, device=documents.device).expand_as(documents)
    starts = torch.ones_like(documents, dtype=torch.bool)
    starts[:, 1:] = documents[:, 1:] != documents[:, :-1]
    positions = indices - (indices * starts).cummax(1).values  # (batch, length) from each document's first token
    if family == "roberta":  # its positions start after the padding token's id
        positions = positions + config.pad_token_id + 1
    return inputs | {"attention_mask": mask.unsqueeze(1), "position_ids": positions}
