"""Differences between model families: the names of their dropout settings."""

from dataclasses import dataclass
from typing import Any

from tunesmith.errors import UserError


@dataclass(frozen=True)
class Family:
    """Names of the Hugging Face config settings for each kind of dropout."""

    hidden: tuple[str, ...]
    attention: tuple[str, ...]
    classifier: tuple[str, ...]


_BERT = Family(("hidden_dropout_prob",), ("attention_probs_dropout_prob",), ("classifier_dropout",))
FAMILIES = {
    "bert": _BERT,
    "roberta": _BERT,
    "electra": _BERT,
    "xlnet": Family(("dropout",), (), ("summary_last_dropout",)),  # one setting for hidden states and attention
    "gpt2": Family(("resid_pdrop", "embd_pdrop"), ("attn_pdrop",), ("classifier_dropout",)),
    "distilbert": Family(("dropout",), ("attention_dropout",), ("seq_classif_dropout", "qa_dropout")),
    "deberta-v2": Family(
        ("hidden_dropout_prob",), ("attention_probs_dropout_prob",), ("cls_dropout", "pooler_dropout")
    ),
    "modernbert": Family(("embedding_dropout", "mlp_dropout"), ("attention_dropout",), ("classifier_dropout",)),
}


def dropouts(config: Any) -> dict[str, Any]:
    """The dropout settings of a Hugging Face config; empty for an unknown family."""
    family = FAMILIES.get(config.model_type)
    names = (*family.hidden, *family.attention, *family.classifier) if family is not None else ()
    return {name: getattr(config, name, None) for name in names}


def set_dropout(config: Any, *, hidden: float | None, attention: float | None, classifier: float | None) -> None:
    """Write dropout probabilities into a Hugging Face config; None keeps its value.

    Raises:
        UserError: for a kind of dropout that the family does not have.
    """
    wanted = {"hidden": hidden, "attention": attention, "classifier": classifier}
    if all(value is None for value in wanted.values()):
        return
    family = FAMILIES.get(config.model_type)
    if family is None:
        raise UserError(
            f"the dropout settings of {config.model_type} models are unknown; expected one of {', '.join(FAMILIES)}, "
            "or set regularization.standard's dropouts to null"
        )
    for kind, value in wanted.items():
        names = getattr(family, kind)
        if value is not None and not names:
            raise UserError(
                f"regularization.standard.{kind}_dropout is {value}, but {config.model_type} has no {kind} dropout of its own; set it to null"
            )
        for name in names:
            if value is not None:
                setattr(config, name, value)
