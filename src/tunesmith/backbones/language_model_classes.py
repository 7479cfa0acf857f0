"""Language-model classes that transformers has for families unknown to tunesmith."""

from collections.abc import Iterator

from transformers.models.auto import modeling_auto

from tunesmith.configuration.checks.language_model_objectives import HEADS, KNOWN, mistakes


def misfits(objective: str, family: str) -> Iterator[str]:
    """Why a family cannot be trained with an objective; nothing if it can.

    Args:
        objective: masked, causal or permuted.
        family: Hugging Face's `model_type`.
    """
    masked = family in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    causal = family in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and not masked
    if family in KNOWN:
        yield from mistakes(objective, family)
    elif not {"masked": masked, "causal": causal, "permuted": False}[objective]:
        fitting = [f"head={HEADS[name]}" for name, fits in (("masked", masked), ("causal", causal)) if fits]
        yield (
            f"head {HEADS[objective]} does not fit {family}: transformers has no {objective} language model for it; "
            f"choose {fitting[0] if fitting else 'another backbone'}"
        )
