"""Documents that share a block without seeing one another: an attention mask that ends with each, and positions from its start."""

from typing import Any

import torch
from torch import Tensor

from tunesmith.errors import UserError

SEPARABLE = ("bert", "roberta", "xlnet", "gpt2", "electra")  # families whose masks may be of two dimensions


def alone(inputs: dict[str, Tensor], documents: Tensor, config: Any) -> dict[str, Tensor]:
    """The model's arguments, such that each document's hidden states are what they would be without the others.

    Args:
        inputs: of a batch; `input_ids` or `inputs_embeds`.
        documents: (batch, length) the number of each token's document.
        config: the Hugging Face config.

    Raises:
        UserError: for a family that cannot be told so.
    """
    family = config.model_type
    if family not in SEPARABLE:
        raise UserError(
            f"dataset.across_documents is false, but {family} models take no mask for it; expected one of "
            f"{', '.join(SEPARABLE)}; set dataset.across_documents=true or dataset.packing=none"
        )
    hidden = documents[:, :, None] != documents[:, None, :]  # (batch, length, length): who may not see whom
    inputs = {name: tensor for name, tensor in inputs.items() if name != "attention_mask"}
    if family == "xlnet":  # its positions are relative, and its masks can be of two dimensions already
        unseen = inputs.get("perm_mask")
        return inputs | {"perm_mask": hidden.float() if unseen is None else unseen.maximum(hidden.to(unseen.dtype))}
    length = documents.shape[1]
    if family == "gpt2":
        hidden = hidden | torch.ones(length, length, dtype=torch.bool, device=hidden.device).triu(1)
    mask = torch.zeros(hidden.shape, device=hidden.device).masked_fill(hidden, torch.finfo(torch.float32).min)
    numbers = torch.arange(length, device=documents.device).expand_as(documents)
    begins = torch.ones_like(documents, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    positions = numbers - (numbers * begins).cummax(1).values  # (batch, length) from each document's first token
    if family == "roberta":  # its positions start after the padding token's id
        positions = positions + config.pad_token_id + 1
    return inputs | {"attention_mask": mask.unsqueeze(1), "position_ids": positions}
