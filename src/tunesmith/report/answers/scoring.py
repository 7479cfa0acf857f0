"""Which implementation computed the scores of each task: by torchmetrics, or by the project's own code and whose rules it follows."""

from collections.abc import Mapping
from typing import Any


def implementation(dataset: Mapping[str, Any], *, torchmetrics: str) -> str:
    """Sentences on the scores of a dataset; see the files of the same names in `tunesmith.metrics`.

    Args:
        dataset: the `dataset` node of a config.
        torchmetrics: its version, or that it is not recorded.
    """
    task = dataset.get("task")
    if task == "text_classification":
        return _classification(dataset, torchmetrics)
    if task == "token_classification":
        return _tags(dataset)
    if task == "question_answering":
        threshold = (
            " Whether a question has an answer is decided by a threshold on the null odds, tuned on the validation split."
            if dataset.get("unanswerable")
            else ""
        )
        return (
            "Exact match and F1 of answers follow the rules of the official SQuAD 1.1 and 2.0 scripts (Rajpurkar et al., 2016, 2018), "
            f"implemented in tunesmith: lower case, without punctuation and English articles, the best over the gold answers.{threshold}"
        )
    if task == "language_modeling":
        return (
            "Perplexity is the exponential of the mean loss per predicted token, in nats; accuracy is the share of predicted tokens that are "
            "right; both computed by tunesmith."
        )
    if task == "contrastive":
        return (
            "Pearson and Spearman correlations are of cosine similarities with the scores of the pairs, over all pairs of a split; alignment and "
            "uniformity as in Wang and Isola (2020); all computed by tunesmith in double precision."
        )
    return f"How the scores of the task {task} were computed is not recorded."


def _classification(dataset: Mapping[str, Any], torchmetrics: str) -> str:
    problem = dataset.get("problem") or "single_label"
    if problem == "regression":
        return (
            "Pearson and Spearman correlations (ties by their mean rank), mean absolute and root mean squared error were computed by tunesmith "
            "in double precision."
        )
    average = dataset.get("average")
    if problem == "multi_label":
        how = (
            f"accuracy, for which all labels of an example must be right, and precision, recall and F1, averaged as {average or 'macro'}, "
            f"by torchmetrics (version: {torchmetrics}); ROC AUC, average precision, log loss, Brier score and calibration error, each the mean over "
            "the labels, by tunesmith"
        )
    else:
        shown = {
            None: "of the second label if there are two labels, else their macro average",
            "binary": "of the second label",
        }.get(average, f"averaged as {average}")
        how = (
            f"accuracy, and precision, recall and F1 ({shown}), by torchmetrics (version: {torchmetrics}); Matthews correlation, balanced "
            "accuracy, ROC AUC, average precision and log loss by tunesmith, with scikit-learn's definitions; Brier score, and expected calibration "
            "error in 15 bins of equal width (Guo et al., 2017), by tunesmith"
        )
    return f"As far as they are reported: {how}."


def _tags(dataset: Mapping[str, Any]) -> str:
    if not dataset.get("entities", True):
        return "Accuracy is the share of words with the right tag, sequence accuracy that of sentences without a wrong tag; computed by tunesmith."
    rules = (
        "only well-formed entities count, as in seqeval's strict mode (Nakayama, 2018)"
        if dataset.get("strict")
        else "the rules are those of conlleval (Tjong Kim Sang and Buchholz, 2000), which are those of seqeval's default mode (Nakayama, 2018)"
    )
    return (
        f"Precision, recall and F1 are of entities, which are right if their first word, last word and type are; {rules}; implemented in "
        "tunesmith. Scores whose names end in macro are means over the types; accuracy is that of single tags."
    )
