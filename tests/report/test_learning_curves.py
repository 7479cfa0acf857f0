"""Means and bands against NumPy, at the steps that all seeds share; and what a completed run logs after training."""

import numpy as np
import pytest

from tests.sweeps.made import config_of, end, finish
from tunesmith.documents.document import Picture
from tunesmith.figures import style
from tunesmith.report.groups import Group, grouped
from tunesmith.report.history import FILE, Logged
from tunesmith.report.learning_curves import _labels, mean_curve, section
from tunesmith.report.records import find

SCORE = "validation/accuracy"


def logged(steps, values):
    return Logged(np.array(steps), np.array(values, dtype=float))


def test_the_mean_is_taken_at_the_steps_that_all_seeds_have_logged():
    seeds = [logged([1, 2, 3, 4], [1, 2, 3, 4]), logged([2, 4, 6], [20, 40, 60]), logged([1, 2, 4], [7, 8, 9])]
    curve = mean_curve("lr", seeds)
    values = np.array([[2, 4], [20, 40], [8, 9]])
    assert curve.steps.tolist() == [2, 4]
    np.testing.assert_allclose(curve.mean, np.mean(values, axis=0))
    np.testing.assert_allclose(curve.deviation, np.std(values, axis=0, ddof=1))


def test_one_seed_has_no_band_and_a_score_that_is_not_a_number_is_not_averaged():
    assert mean_curve("lr", [logged([1], [2])]).deviation is None
    curve = mean_curve("lr", [logged([1, 2], [np.nan, 1]), logged([1, 2], [1, 3])])
    np.testing.assert_array_equal(curve.mean, [np.nan, 2])


def test_seeds_without_a_step_in_common_have_no_curve():
    assert mean_curve("lr", [logged([1], [2]), logged([2], [2])]).steps.size == 0


def run(place, scores, *words, monitor=0.5, earlier=True):
    made = finish(config_of(f"output_dir={place}", *words), {SCORE: monitor})
    more = "" if earlier else ",train/tokens"  # which version 0.2 and earlier ones did not log
    rows = "".join(
        f"{10 * step},{1 / step},{score}{'' if earlier else f',{step}'}\n" for step, score in enumerate(scores, 1)
    )
    made.write_text(FILE, f"step,train/loss,{SCORE}{more}\n{rows}")
    return made


def drawn(place):
    made = section(grouped(find([place])))
    pictures = {part.name: part.figure for part in made.parts if isinstance(part, Picture)}
    lines = {name: [line.get_xydata().tolist() for line in figure.axes[0].lines] for name, figure in pictures.items()}
    return lines, [part for part in made.parts if isinstance(part, str)], pictures


@pytest.mark.parametrize(
    "scores,points",
    [
        ([0.1, 0.4, 0.4], 2),  # the second epoch was selected: its score replaced that of the third
        ([0.1, 0.2, 0.4], 3),  # the last one was
        ([0.4], 1),
        ([0.1, 0.2, "nan"], 2),
    ],
)
def test_the_score_of_the_selected_weights_is_no_point_of_the_curve(tmp_path, scores, points):
    run(tmp_path, scores)
    lines, _, _ = drawn(tmp_path)
    assert lines["curve-validation-accuracy"] == [[[10.0 * n, scores[n - 1]] for n in range(1, points + 1)]]
    assert len(lines["curve-train-loss"][0]) == len(scores)


def test_the_last_epoch_of_a_history_without_the_selected_weights_is_a_point(tmp_path):
    run(tmp_path, [0.1, 0.4, 0.3], earlier=False)
    lines, _, _ = drawn(tmp_path)
    assert lines["curve-validation-accuracy"] == [[[10.0, 0.1], [20.0, 0.4], [30.0, 0.3]]]
    assert not any(
        "left out" in part.caption for part in section(grouped(find([tmp_path]))).parts if hasattr(part, "caption")
    )


def test_the_best_eight_are_drawn_and_the_others_counted(tmp_path):
    for number in range(10):
        run(tmp_path, [0.1, 0.2], f"optimizer.lr={1e-4 * (number + 1):g}", monitor=number / 10)
    end(config_of(f"output_dir={tmp_path}", "seed=9"), "pruned")
    run(tmp_path, [], "optimizer.lr=1", monitor=float("nan"))
    lines, said, pictures = drawn(tmp_path)
    assert len(lines["curve-train-loss"]) == 8
    labels = [text.get_text() for text in pictures["curve-train-loss"].legends[0].get_texts()]
    assert "lr=0.001" in labels[0]
    assert any("1 run not completed" in sentence for sentence in said)


def test_damaged_and_missing_histories_are_named(tmp_path):
    run(tmp_path, [0.1, 0.2], "seed=1")
    (run(tmp_path, [0.1, 0.2], "seed=2").path / FILE).write_text("damaged")
    finish(config_of(f"output_dir={tmp_path}", "seed=3"), {SCORE: 0.5})
    lines, (sentence,), _ = drawn(tmp_path)
    assert sentence.count(FILE) >= 2 and "is damaged" in sentence and "does not exist" in sentence
    assert len(lines["curve-validation-accuracy"]) == 1


def test_perplexity_is_drawn_of_language_models(tmp_path):
    made = finish(
        config_of(f"output_dir={tmp_path}", "dataset=demo_corpus", "head=masked_lm"), {"validation/loss": 1.0}
    )
    made.write_text(FILE, "step,train/loss,validation/loss,validation/perplexity\n1,2,3,4\n2,1,2,3\n")
    lines, _, pictures = drawn(tmp_path)
    assert lines["curve-validation-perplexity"] == [[[1, 4], [2, 3]]]
    assert style.svg(pictures["curve-validation-perplexity"], name="figure", title="") == style.svg(
        pictures["curve-validation-perplexity"], name="figure", title=""
    )


def test_there_is_no_section_without_a_completed_run(tmp_path):
    end(config_of(f"output_dir={tmp_path}"), "failed")
    assert section(grouped(find([tmp_path]))) is None


def test_labels_are_short_and_told_apart():
    def labels(*settings):
        return _labels([Group(varied, []) for varied in settings])

    rate = {"optimizer.lr": "0.00011394412919926434", "regularization": "[standard,rdrop]"}
    assert labels(rate, rate | {"optimizer.lr": "9.708580431929083e-05"}) == ["lr=0.000114 rdrop", "lr=9.71e-5 rdrop"]
    near = rate | {"optimizer.lr": "0.00011394412919926435"}
    assert labels(rate, near) == ["lr=0.00011394412919926434 rdrop", "lr=0.00011394412919926435 rdrop"]
    assert labels({"trainer.max_steps": "123456789"}) == ["max_steps=123456789"]
    assert labels({"regularization": "[a, b]"}, {"regularization": "[a,b]"}) == [
        "regularization=[a, b]",
        "regularization=[a,b]",
    ]
    assert labels({}) == ["configuration 1"]
