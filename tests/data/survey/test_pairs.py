"""What a survey of texts, pairs, triplets and scored pairs refuses and counts."""

import pytest

from tests.heads.test_contrastive import sentence_task
from tests.tasks.rows import Rows
from tunesmith.data.survey.pairs import survey_pairs
from tunesmith.data.survey.survey import SHOWN
from tunesmith.errors import UserError

COLUMNS = {"text": "a b", "positive": "c", "negative": "d e f"}
PAIR = {"first": "a", "second": "b", "score": 1}
SCORED = [PAIR, PAIR | {"score": 2}]


@pytest.mark.parametrize(
    "splits,expected",
    [
        ({"train": [COLUMNS] * 2, "validation": [PAIR] * 2}, "every score in validation is 1.0; a correlation needs"),
        ({"train": [COLUMNS], "validation": SCORED}, "the train split has 1 row; contrastive training needs 2 or more"),
        (
            {"train": [COLUMNS, {"text": "a"}], "validation": SCORED},
            "train, row 2: no positive; fill it or drop the row",
        ),
        (
            {"train": [COLUMNS | {"positive": " "}] * 2, "validation": SCORED},
            "train, row 1: the positive is empty; fill it or drop the row",
        ),
        (
            {"train": [COLUMNS] * 2, "validation": [*SCORED, PAIR | {"score": "high"}]},
            "validation, row 3: score is 'high'; expected a number",
        ),
        ({"train": [COLUMNS] * 2, "validation": [*SCORED, PAIR | {"score": "nan"}]}, "score is 'nan'; expected"),
        ({"train": [COLUMNS] * 2, "validation": [*SCORED, PAIR | {"score": "1_0"}]}, "score is '1_0'; expected"),
        ({"train": [COLUMNS] * 2, "validation": [*SCORED, PAIR | {"score": True}]}, "score is True; expected"),
        ({"train": [COLUMNS] * 2, "validation": [PAIR, {"first": "a", "second": "b"}]}, "validation, row 2: no score"),
        ({"train": SCORED, "validation": SCORED}, "is not a training example; expected text, positive"),
        ({"train": [COLUMNS] * 2, "validation": []}, "the validation split has no rows"),
        (
            {"train": [COLUMNS] * 2, "validation": [COLUMNS] * 2},
            "dataset.metrics: spearman needs scored pairs in the validation split, which has none; set dataset.validation=FILE "
            "with the columns first, second, score, or dataset.metrics=[loss]",
        ),
    ],
)
def test_invalid_rows(splits, expected):
    with pytest.raises(UserError) as caught:
        survey_pairs(Rows(**splits), sentence_task(positive="positive"))
    assert expected in str(caught.value)


def test_the_survey_counts_empty_texts():
    found = survey_pairs(Rows(train=[{"text": ""}, {"text": "a"}], validation=SCORED), sentence_task())
    assert found.notes == {"empty texts": {"train": 1, "validation": 0}}
    assert found.summary == "plain texts, scored pairs in validation"


def test_scored_pairs_can_be_used_as_training_pairs():
    task = sentence_task(positive="second")
    task.columns[0] = task.text = "first"
    assert survey_pairs(Rows(train=SCORED, validation=SCORED), task).rows == {"train": 2, "validation": 2}


def mistakes(task, **splits):
    with pytest.raises(UserError) as caught:
        survey_pairs(Rows(**splits), task)
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("positive", "negative", "kind"),
    [(None, None, "plain texts"), ("positive", None, "pairs"), ("positive", "negative", "triplets")],
)
def test_the_summary_names_kinds_of_examples(positive, negative, kind):
    task = sentence_task(positive=positive, negative=negative)
    found = survey_pairs(Rows(train=[COLUMNS] * 3, validation=SCORED, test=SCORED * 2), task)
    assert found.summary == f"{kind}, scored pairs in validation and test"
    assert found.rows == {"train": 3, "validation": 2, "test": 4}
    task.metric_names = ["loss"]
    assert survey_pairs(Rows(train=[COLUMNS] * 3, validation=[COLUMNS] * 2), task).summary == kind
    assert survey_pairs(Rows(train=[COLUMNS] * 2), task).rows == {"train": 2}  # no validation split at all


@pytest.mark.parametrize("wrong", [1, SHOWN, SHOWN + 1, SHOWN + 4])
def test_the_first_wrong_rows_of_a_split_are_listed(wrong):
    rows = [{"text": "a", "positive": ""}] * wrong + [COLUMNS] * 3
    found = mistakes(
        sentence_task(positive="positive"), train=rows, validation=[*SCORED, {"first": "a", "second": "b"}]
    )
    expected = [f"train, row {row}: the positive is empty; fill it or drop the row" for row in range(1, wrong + 1)]
    more = [f"... and {wrong - SHOWN} more rows of train"] if wrong > SHOWN else []
    assert found == [*expected[:SHOWN], *more, "validation, row 3: no score; fill it or drop the row"]


def test_every_split_without_enough_rows_is_named():
    found = mistakes(sentence_task(), train=[{"text": "a"}], validation=[], test=SCORED)
    assert [mistake.split(" split ")[0] for mistake in found] == ["the train", "the validation"]


def test_scores_need_two_values_in_scored_splits_only():
    task = sentence_task()
    same = [PAIR, PAIR | {"score": "1.0"}, PAIR | {"score": 1.0}]
    assert mistakes(task, train=[{"text": "a"}] * 3, validation=SCORED, test=same) == [
        "every score in test is 1.0; a correlation needs two different ones"
    ]
    # A wrong score is one mistake, not two.
    assert len(mistakes(task, train=[{"text": "a"}] * 3, validation=[PAIR, PAIR | {"score": "x"}])) == 1


def test_texts_are_empty_if_one_of_an_example_is():
    blank = [PAIR | {"first": " ", "score": 0}, PAIR | {"second": None, "score": 2}, PAIR | {"first": "", "second": ""}]
    found = survey_pairs(Rows(train=[{"text": "a"}, {"text": "\t"}, {"text": None}], validation=blank), sentence_task())
    assert found.notes == {"empty texts": {"train": 2, "validation": 3}}


@pytest.mark.parametrize(
    ("metrics", "positive", "refused"),
    [
        (["spearman", "loss", "pearson"], None, ["spearman", "pearson"]),
        (["alignment", "uniformity"], None, ["alignment"]),  # of a text and itself there is none
        (["alignment", "uniformity", "loss"], "positive", []),
    ],
)
def test_metrics_that_need_scores_or_pairs(metrics, positive, refused):
    task = sentence_task(positive=positive)
    task.metric_names = metrics
    splits = {"train": [COLUMNS] * 2, "validation": [COLUMNS] * 2}
    found = mistakes(task, **splits) if refused else survey_pairs(Rows(**splits), task) and []
    assert [mistake.split()[1] for mistake in found] == refused
    if positive:  # scored pairs have an alignment too
        assert survey_pairs(Rows(train=[COLUMNS] * 2, validation=SCORED), task)
