"""Checks that the language-model objective fits the family: a model's attention pattern decides what it can predict."""

from collections.abc import Iterator

# Known without importing a library; other families are looked up in transformers' tables.
KNOWN = {
    "bert": "masked",
    "roberta": "masked",
    "electra": "masked",
    "distilbert": "masked",
    "deberta-v2": "masked",
    "modernbert": "masked",
    "xlnet": "permuted",
    "gpt2": "causal",
}
HEADS = {"masked": "masked_lm", "causal": "causal_lm", "permuted": "permuted_lm"}
_WHY = {
    "masked": "attends in both directions, so it would see the token to predict",
    "causal": "attends from left to right, so it cannot use the context after a masked token",
    "permuted": "was pretrained to predict tokens in a random order",
}


def mistakes(objective: str, family: str | None) -> Iterator[str]:
    """Why a family cannot be trained with an objective; nothing if it can, or if that is not known yet.

    Args:
        objective: masked, causal or permuted.
        family: Hugging Face's `model_type`.
    """
    fitting = KNOWN.get(family or "")
    if fitting is None or fitting == objective:
        return
    if objective == "permuted":
        yield f"head permuted_lm needs XLNet's two-stream attention, which {family} does not have; choose head={HEADS[fitting]}"
    else:
        yield f"head {HEADS[objective]} does not fit {family}, which {_WHY[fitting]}; choose head={HEADS[fitting]}"
