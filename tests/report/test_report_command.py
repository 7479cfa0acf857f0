"""`tunesmith report` as a user types it: the folder that it writes, and a message for each mistake."""

import csv
import re
import statistics

import pytest
from scipy import stats

from tests.documents.test_html import Reader
from tests.sweeps.made import call, config_of, end, finish

SCORES = {  # learning rate: (dataset's scores by seed)
    "1e-4": ([0.80, 0.81, 0.82, 0.83, 0.84], [0.60, 0.62, 0.61, 0.63, 0.62]),
    "1e-3": ([0.90, 0.90, 0.92, 0.93, 0.95], [0.58, 0.57, 0.59, 0.60, 0.56]),
    "1e-2": ([0.50, 0.56, 0.53, 0.54, 0.50], [0.40, 0.41, 0.40, 0.44, 0.42]),
}
FILES = {"report.html", "report.md", "table.tex", "table.md", "table.csv", "figures", "appendix.md", "appendix.tex"}
HOSTILE = "<b>\\input{x}</b> | $y$ \x1b[31m"


def made(folder, *, data="first", seeds=5, column=0, hostile=False):
    """Completed runs of three learning rates, whose predictions are right as often as their accuracy says."""
    for rate, columns in SCORES.items():
        for seed, value in enumerate(columns[column][:seeds], 1):
            words = [f"optimizer.lr={rate}", f"seed={seed}", f"output_dir={folder}", f"name={data}", "dataset.size=64"]
            scores = {"validation/accuracy": value, "test/accuracy": value - 0.01, "test/loss": 1 - value}
            run = finish(config_of(*words), scores, seconds=seed)
            manifest = {"seconds": seed, "data": {"fingerprints": {"test": data}, "rows": {"test": 40}}}
            run.write_json("manifest.json", manifest | {"versions": {"torch": "2"}})
            wrong = HOSTILE if hostile else "negative"
            rows = [
                {
                    "id": str(n),
                    "text": "a film",
                    "label": "positive",
                    "prediction": "positive" if n < 40 * value else wrong,
                }
                for n in range(40)
            ]
            rows = [row | {"probabilities": {"positive": 0.75, wrong: 0.25}} for row in rows]
            run.write_lines("predictions/test.jsonl", rows)
            text = "step,epoch,train/loss,validation/accuracy\n" + "".join(
                f"{s},0,{1 / s},{value}\n" for s in (10, 20, 30)
            )
            run.write_text("metrics.csv", text)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made("runs")
    return tmp_path / "runs"


def test_the_folder_has_a_page_tables_and_figures(runs):
    called = call("report", "runs", "output=out", "baseline=optimizer.lr=1e-4")
    assert called.status == 0 and called.errors == "" and "Report: out/report.html; " in called.output
    out = runs.parent / "out"
    assert {file.name for file in out.iterdir()} == FILES
    page = Reader((out / "report.html").read_text())
    titles = [text for tag, text in page.texts if tag == "h2"]
    assert titles[:3] == ["Results", "Comparison with the baseline", "Comparison on the examples of test"]
    assert titles[3:] == ["Learning curves", "Predictions on test", "Data"]
    figures = {file.name for file in (out / "figures").iterdir()}
    assert {name.rpartition(".")[0] for name in figures} >= {"curve-train-loss", "test-confusion", "test-reliability"}
    assert {name.rpartition(".")[2] for name in figures} == {"pdf", "png"} and len(figures) % 2 == 0
    rows = list(csv.DictReader((out / "table.csv").open(newline="")))
    assert [row["optimizer.lr"] for row in rows] == ["0.001", "0.0001", "0.01"]  # best first
    assert float(rows[0]["test/accuracy"]) == pytest.approx(statistics.mean(SCORES["1e-3"][0]) - 0.01)
    assert float(rows[0]["test/accuracy std"]) == pytest.approx(statistics.stdev(SCORES["1e-3"][0]))


def test_the_comparison_is_scipys(runs):
    assert call("report", "runs", "output=out", "baseline=optimizer.lr=1e-4").status == 0
    text = (runs.parent / "out/report.md").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("| 0.001 |") and "differs" in line]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    test = stats.ttest_rel(SCORES["1e-3"][0], SCORES["1e-4"][0])
    interval = test.confidence_interval()
    assert cells[1] == "5" and float(cells[2]) == pytest.approx(statistics.mean(SCORES["1e-3"][0]) - 0.82, abs=1e-4)
    assert cells[3] == f"{interval.low:+.4f} to {interval.high:+.4f}"
    assert cells[4] == (f"{test.pvalue:.4f}" if test.pvalue >= 1e-4 else f"{test.pvalue:.2e}")


def test_the_same_runs_give_the_same_bytes(runs):
    contents = []
    for _ in range(2):
        assert call("report", "runs", "output=out").status == 0
        files = sorted(file for file in (runs.parent / "out").rglob("*") if file.is_file())
        contents.append({file: file.read_bytes() for file in files})
    assert contents[0] == contents[1]


def test_a_figure_of_an_earlier_report_is_removed(runs):
    assert call("report", "runs", "output=out").status == 0
    (runs.parent / "out/figures/old.png").touch()
    assert call("report", "runs", "output=out").status == 0
    assert not (runs.parent / "out/figures/old.png").exists()


def test_a_report_within_its_runs_is_not_read_as_one(runs):
    for _ in range(2):
        called = call("report", "runs")
        assert called.status == 0 and "Report: runs/report/report.html; " in called.output
        assert "15 runs of 3 configurations: 15 done" in (runs / "report/report.md").read_text()


def test_methods_and_tasks(runs, monkeypatch):
    made("runs", data="second", column=1)
    called = call("report", "runs", "output=out", "rows=optimizer.lr", "columns=name")
    assert called.status == 0, called.errors
    lines = (runs.parent / "out/table.md").read_text().splitlines()
    assert lines[0] == "|  | first | second |"
    expected = {rate: [[value - 0.01 for value in column] for column in columns] for rate, columns in SCORES.items()}
    shown = {line.split("|")[1].strip(): line.replace("*", "").split("|")[2:4] for line in lines[2:5]}
    for rate, columns in expected.items():
        cells = [f"{100 * statistics.mean(c):.1f} ± {100 * statistics.stdev(c):.1f}" for c in columns]
        assert [cell.strip() for cell in shown[str(float(rate))]] == cells
    page = (runs.parent / "out/report.html").read_text()
    assert "Ranks" in [text for tag, text in Reader(page).texts if tag == "h2"]
    latex = (runs.parent / "out/table.tex").read_text()
    assert r"\label{tab:methods}" in latex and r"\textbf{91.0}$_{\pm 2.1}$" in latex


def test_runs_of_other_data_are_not_averaged(runs, tmp_path):
    folders = sorted(file.parent for file in runs.rglob("manifest.json"))
    from tunesmith.runs.folder import RunFolder

    run = RunFolder(folders[0])
    manifest = run.read_json("manifest.json")
    run.write_json("manifest.json", manifest | {"data": {"fingerprints": {"test": "other"}}})
    assert call("report", "runs", "output=out").status == 0
    text = (tmp_path / "out/report.md").read_text()
    assert (
        "15 runs of 4 configurations" in text
        and "Some runs differ in data test: they are configurations of their own" in text
    )


def test_texts_of_the_data_are_texts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made("runs", hostile=True)
    assert call("report", "runs", "output=out").status == 0
    page = (tmp_path / "out/report.html").read_text()
    assert "&lt;b&gt;" in page and not [tag for tag, _ in Reader(page).tags if tag == "b"]
    assert "\x1b" not in page and "\x1b" not in (tmp_path / "out/report.md").read_text()


def test_damaged_predictions_are_named_and_the_rest_is_there(runs, tmp_path):
    for file in runs.rglob("test.jsonl"):
        file.write_text(file.read_text().replace("a film", "A film"))
    called = call("report", "runs", "output=out")
    assert called.status == 0 and "Traceback" not in called.errors
    text = (tmp_path / "out/report.md").read_text()
    assert "Left out: " in text and "test.jsonl is damaged" in text.replace("\\", "") and "0.9200" in text


def test_few_seeds_are_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made("runs", seeds=2)
    assert call("report", "runs", "output=out", "baseline=optimizer.lr=1e-4").status == 0
    text = (tmp_path / "out/report.md").read_text()
    assert "fewer than three seeds, no claim is made" in text and "not tested" in text and "differs" not in text


def test_failed_runs_are_listed(runs, tmp_path):
    end(config_of("seed=9", "output_dir=runs", "name=first"), "failed", error="ValueError: no luck")
    assert call("report", "runs", "output=out").status == 0
    text = (tmp_path / "out/report.md").read_text()
    assert "## Runs without scores" in text and "ValueError: no luck" in text


def test_no_completed_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    end(config_of("output_dir=runs"), "failed", error="ValueError: no luck")
    called = call("report", "runs")
    assert called.status == 0 and "no report is written" in called.output and not (tmp_path / "runs/report").exists()


MISTAKES = {
    "none": [["runs/nothing"], "runs/nothing is not a folder; expected the folder of a run or a sweep"],
    "no folder": [["output=out"], "report needs at least one folder: tunesmith report runs/sweeps/ID"],
    "a typo": [["runs", "basline=x"], "unknown key basline; did you mean baseline?"],
    "empty": [["runs", "score="], "score is empty; expected score=..."],
    "twice": [["runs", "score=a", "score=b"], "score is given 2 times; expected it once"],
    "a baseline that no run matches": [
        ["runs", "baseline=optimizer.lr=2e-4"],
        "no configuration matches baseline=optimizer.lr=2e-4",
    ],
    "a baseline that several match": [["runs", "baseline=optimizer=adamw"], "matches 3 configurations; add settings"],
    "a baseline with a wrong key": [
        ["runs", "baseline=optimizer.lrr=1e-4"],
        "has no setting optimizer.lrr; did you mean optimizer.lr?",
    ],
    "no baseline": [["runs", "baseline=nonsense"], "is neither the folder of one of these runs nor settings"],
    "a score that no run has": [["runs", "score=test/f1"], "no completed run has the score test/f1"],
    "rows that do not vary": [["runs", "rows=head"], "rows=head has the value classification in every run"],
    "rows and columns": [["runs", "rows=name", "columns=name"], "rows and columns are both name"],
    "columns alone": [["runs", "columns=name"], "columns=name needs rows"],
    "output is a file": [["runs", "output=file"], "output=file is not a folder"],
    "output is something else": [["runs", "output=other"], "other exists and is no report; set output to a new folder"],
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_get_one_message(runs, mistake):
    (runs.parent / "file").touch()
    (runs.parent / "other").mkdir()
    (runs.parent / "other/mine.txt").touch()
    words, message = MISTAKES[mistake]
    called = call("report", *words)
    assert called.status == 2 and message in re.sub(r"\s+", " ", called.errors), called.errors
    assert not (runs.parent / "out").exists() and (runs.parent / "other/mine.txt").is_file()


def test_two_sizes_of_one_dataset_have_their_own_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for size in (64, 80):  # generated data has its name as its fingerprint, whatever its size
        run = finish(config_of("output_dir=runs", f"dataset.size={size}"), {"validation/accuracy": 0.5})
        data = {"fingerprints": {"test": "demo_reviews"}, "rows": {"test": size}}
        run.write_json("manifest.json", {"seconds": 1, "data": data})
    assert call("report", "runs", "output=out").status == 0
    text = (tmp_path / "out/report.md").read_text().partition("## Data")[2]
    assert "| 64 |" in text and "| 80 |" in text and "demo_r\n" not in text


def test_a_folder_of_sweeps_names_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        (tmp_path / "runs/sweeps" / name).mkdir(parents=True)
        (tmp_path / "runs/sweeps" / name / "sweep.json").write_text("{}")
    called = call("report", "runs/sweeps")
    assert called.status == 2
    assert "contains sweeps, but no runs; expected the sweeps themselves: runs/sweeps/a, runs/sweeps/b" in called.errors


def test_an_output_that_is_a_link(runs, tmp_path):
    (tmp_path / "place").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "place")
    called = call("report", "runs", "output=link")
    assert called.status == 2 and "output=link is a link; set output to the folder itself" in called.errors
    assert not [*(tmp_path / "place").iterdir()]


def test_long_settings_do_not_hide_the_message(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a" * 290, "b" * 290):
        config = config_of("output_dir=runs")
        finish(config | {"optimizer": config["optimizer"] | {"note": name}}, {"validation/accuracy": 0.5})
    called = call("report", "runs", "output=out", "baseline=optimizer.note=c")
    assert called.status == 2 and len(called.errors) < 500
    assert "…aaa" in called.errors and "…bbb" in called.errors


def test_the_help_page_has_every_key():
    from tunesmith.commands.report import KEYS

    page = call("report", "--help").output
    assert [key for key in KEYS if f"  {key}=" not in page] == []


def test_nothing_is_ranked_by_a_score_without_a_direction(tmp_path, monkeypatch):
    """Specificity's class says none in torchmetrics; Hamming distance's says that smaller is better."""
    monkeypatch.chdir(tmp_path)
    kinds = [f"torchmetrics.classification.Binary{name}" for name in ("Specificity", "HammingDistance")]
    for rate, scores in (("1e-3", (0.9, 0.1)), ("1e-4", (0.5, 0.5))):
        config = config_of(
            f"optimizer.lr={rate}", f"dataset.metrics=[accuracy,{','.join(kinds)}]", f"output_dir={tmp_path}/runs"
        )
        finish(config, dict(zip(("validation/specificity", "validation/hamming_distance"), scores, strict=True)))
    refused = call("report", "runs", "score=validation/specificity")
    assert refused.status == 2 and "does not say whether larger values are better" in refused.errors
    assert call("report", "runs", "score=validation/hamming_distance").status == 0
    page = (tmp_path / "runs/report/report.html").read_text()
    assert "Ranked by the mean of validation/hamming_distance over the seeds; smaller is better." in page
