"""Which language-model objective fits which family: what a model may see decides what it can be asked to predict."""

from collections.abc import Iterator

# Known without loading a library; other families are looked up in transformers' own tables.
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
    "masked": "reads in both directions, so it would see the token that it is to predict",
    "causal": "reads from left to right, so it cannot use what follows a hidden token",
    "permuted": "was pretrained to predict tokens in a random order",
}


def mistakes(objective: str, family: str | None) -> Iterator[str]:
    """Why a family cannot be trained with an objective; nothing where it can, or where that is not known yet.

    Args:
        objective: masked, causal or permuted.
        family: Hugging Face's `model_type`.
    """
    fitting = KNOWN.get(family or "")
    if fitting is None or fitting == objective:
        return
    if objective == "permuted":
        yield f"head permuted_lm needs XLNet's two streams, which {family} has not; choose head={HEADS[fitting]}"
    else:
        yield f"head {HEADS[objective]} does not fit {family}, which {_WHY[fitting]}; choose head={HEADS[fitting]}"
