"""The table as CSV, read back by the csv module; as Markdown; and on the screen."""

import csv
import io
import statistics
import sys
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from rich.text import Text

from tests.sweeps.made import Terminal, config_of, end, finish, rows
from tunesmith.configuration.monitor import monitored
from tunesmith.documents.comma_separated import as_csv, text_cell
from tunesmith.documents.markdown import literal
from tunesmith.documents.markdown_page import as_markdown
from tunesmith.report.groups import Group, grouped
from tunesmith.report.records import Record, find, of_sweep
from tunesmith.report.results import show, summary, write_results
from tunesmith.report.tables import every_number, ordered_scores
from tunesmith.sweeps.folder import SweepFolder
from tunesmith.sweeps.job import Job

SCORES = ["validation/accuracy", "test/accuracy", "validation/loss", "test/loss"]
VALUES = {("adamw", "a,b"): [1 / 3, 0.7], ("adamw", "[x|y]"): [0.9, 0.8], ("sgd", "[x|y]"): [0.1]}

RANKED = [("adamw", "[x|y]"), ("adamw", "a,b"), ("sgd", "[x|y]")]


def scores(value):
    return dict(
        zip(["validation/loss", "test/loss", *SCORES[:2]], [1 - value, 2 - value, value, value / 2], strict=True)
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A sweep over two keys and the seed: five runs have completed, one has failed."""
    monkeypatch.chdir(tmp_path)
    folder = SweepFolder.claim(tmp_path / "[b]s[/]", identity="", varied=[])
    folder.describe()
    jobs = []
    for (optimizer, text), values in VALUES.items():
        for seed, value in enumerate([*values, None][:2]):
            words = [f"optimizer={optimizer}", f"name='{text}'", f"seed={seed}", "output_dir=runs"]
            overrides = {"optimizer": optimizer, "name": text, "seed": str(seed)}
            jobs.append(Job(len(jobs) + 1, config_of(*words), overrides))
            if value is not None:
                finish(jobs[-1].config, scores(value), seconds=10 * value)
            else:
                end(jobs[-1].config, "failed", error="ValueError: [no] luck")
    folder.freeze(jobs)
    write_results(folder)
    return folder


def test_csv_has_every_number_in_full_precision(folder):
    written = rows(folder.path / "results.csv")
    assert [(row["optimizer"], row["name"]) for row in written] == RANKED
    for row, values in zip(written, map(VALUES.get, RANKED), strict=True):
        assert row["seeds"] == str(len(values)) and len(row["runs"].split()) == 2
        for name, of in ((SCORES[0], lambda v: v), (SCORES[1], lambda v: v / 2), ("seconds", lambda v: 10 * v)):
            assert float(row[name]) == pytest.approx(statistics.mean(map(of, values)), abs=1e-15)
        if len(values) > 1:
            assert float(row["test/loss std"]) == pytest.approx(statistics.stdev(values), abs=1e-12)
        else:
            assert row["test/loss std"] == ""
    assert [row["states"] for row in written] == ["2 done", "2 done", "1 done, 1 failed"]


def test_columns_start_with_the_monitored_score(folder):
    header = next(csv.reader((folder.path / "results.csv").open(newline="")))
    assert header[:4] == ["optimizer", "name", "seeds", "states"] and header[4:12:2] == SCORES
    assert "seed" not in header


def test_markdown_marks_the_best_and_lists_failures(folder):
    lines = (folder.path / "results.md").read_text().splitlines()
    assert lines[0] == f"| optimizer | name | seeds | {' | '.join(SCORES)} | time | state |"
    assert lines[1] == "| " + " | ".join(["---"] * 9) + " |"
    best = "| adamw | \\[x\\|y\\] | 2 | **0.8500 ± 0.0707** | 0.4250 ± 0.0354 |"  # by hand
    assert lines[2].startswith(best) and [line for line in lines[2:5] if "**" in line] == [lines[2]]
    assert lines[4].startswith("| sgd | \\[x\\|y\\] | 1 | 0.1000 | 0.0500 |") and "1 done, 1 failed" in lines[4]
    error = r"- failed: optimizer=sgd name=\[x\|y\] seed=1 ValueError: \[no\] luck `[b]s[/]/logs/0006.log`"
    assert lines[5:] == ["", error]
    assert all(line.replace("\\|", "").count("|") == 10 for line in lines[:5])


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_the_screen_shows_the_same(folder, monkeypatch, stream):
    monkeypatch.setattr(sys, "stdout", stream())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    write_results(folder)
    shown = Text.from_ansi(sys.stdout.getvalue()).plain.splitlines()
    assert shown[0].strip() == str(folder.path)  # brackets are not markup
    (best,) = (line for line in shown if "0.8500 ± 0.0707" in line)
    assert "[x|y]" in best and "0.4250 ± 0.0354" in best and "2 done" in best
    assert "failed: optimizer=sgd name=[x|y] seed=1: ValueError: [no] luck  [b]s[/]/logs/0006.log" in shown
    assert any(line.startswith("Best by validation/accuracy: optimizer=adamw name=[x|y]  runs/") for line in shown)
    assert f"Results: {folder.path / 'results.md'}, {folder.path / 'results.csv'}" in shown


def test_a_sweep_without_completed_runs(folder):
    groups = grouped(record for record in of_sweep(folder) if record.state == "failed")
    assert ordered_scores(groups) == []
    (row,) = csv.DictReader(io.StringIO(as_csv(every_number(groups, []))))
    assert row["seeds"] == "0" and row["states"] == "1 failed" and row["seconds"] == ""
    assert "| 0 |" in as_markdown(summary(groups, []))


@pytest.mark.parametrize(
    "count,waiting,hidden",
    [
        (62, 12, ["22 more configurations in results.csv", "2 more runs without scores"]),
        (41, 11, ["1 more configuration in results.csv", "1 more run without scores"]),
        (40, 10, []),
    ],
)
def test_long_tables_are_truncated_only_on_the_screen(tmp_path, monkeypatch, capsys, count, waiting, hidden):
    monkeypatch.chdir(tmp_path)
    folder = SweepFolder.claim(tmp_path / "s", identity="", varied=["optimizer.lr"])
    folder.describe()
    jobs = []
    base = config_of("output_dir=runs")
    for number in range(1, count + 1):
        config = base | {"optimizer": base["optimizer"] | {"lr": number / 1000}}
        jobs.append(Job(number, config, {"optimizer.lr": str(number / 1000)}))
        if number > waiting:
            finish(config, {"validation/accuracy": number / 100})
    folder.freeze(jobs)
    write_results(folder)
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if line.startswith("...")] == [f"... and {what}" for what in hidden]
    assert f"{count / 100:.4f}" in shown and shown.count("waiting: optimizer.lr=") == 10  # the best is always shown
    assert len(rows(folder.path / "results.csv")) == count
    assert (folder.path / "results.md").read_text().count("- waiting: ") == waiting


def test_settings_that_a_configuration_does_not_have_are_empty():
    groups = [Group({"a": "1"}, []), Group({"b": "2"}, [])]
    assert as_csv(every_number(groups, [])).splitlines() == ["a,b,seeds,states,seconds,runs", "1,,0,,,", ",2,0,,,"]
    assert as_markdown(summary(groups, [])).splitlines()[2:] == [
        "| 1 |  | 0 |  |  |",
        "|  | 2 | 0 |  |  |",
    ]


def test_settings_that_a_configuration_does_not_have_are_empty_on_the_screen(monkeypatch):
    screen = shown_in(io.StringIO, monkeypatch, 80)
    configs = [config_of(), config_of("optimizer=sgd")]
    show(
        [
            Record(Path("r"), config, "failed", "", None, {}, None, overrides)
            for config, overrides in zip(configs, ({"a": "1"}, {"b": "2"}), strict=True)
        ],
        title="two",
    )
    assert table_of(screen.getvalue()) == [
        ["a", "b", "seeds", "time", "state"],
        ["1", "", "0", "", "1 failed"],
        ["", "2", "0", "", "1 failed"],
    ]


def test_a_configuration_without_scores_has_empty_cells(tmp_path, monkeypatch):
    screen = shown_in(io.StringIO, monkeypatch, 80)
    finish(config_of("name=a", f"output_dir={tmp_path}"), {"validation/accuracy": 0.5})
    end(config_of("name=b", f"output_dir={tmp_path}"), "failed")
    show(find([tmp_path]), title="two")
    assert table_of(screen.getvalue()) == [
        ["name", "seeds", "validation/accuracy", "time", "state"],
        ["a", "1", "0.5000", "1.0 s", "1 done"],
        ["b", "0", "", "", "1 failed"],
    ]
    first, second = find([tmp_path])
    end_of_screen = [f"Best by validation/accuracy: name=a  {first.path}", f"failed: {second.path}  {second.log}"]
    assert screen.getvalue().splitlines()[-2:] == end_of_screen


def test_columns_of_a_label_whose_name_has_a_slash():
    scores = dict.fromkeys(("validation/loss", "test/f1_a/b", "test/loss", "validation/f1_a/b"), 0.5)
    record = Record(Path("r"), config_of() | {"monitor": "validation/f1_a/b"}, "done", "", None, scores, 1.0)
    expected = ["validation/f1_a/b", "test/f1_a/b", "validation/loss", "test/loss"]
    assert ordered_scores([Group({}, [record])]) == expected


def test_a_terminal_shows_the_best_in_bold(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    write_results(folder)
    bold = [line for line in sys.stdout.getvalue().splitlines() if "\x1b[1;32m" in line]
    assert [line.split("\x1b[1;32m")[1].split("\x1b")[0] for line in bold] == ["0.8500 ± 0.0707"]


def test_a_long_value_is_folded_and_its_key_is_whole(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    key, value = "a_rather_long_key", "abcdefghijklmnopqrstuvwxyz" * 5
    show([Record(Path("r"), config_of(), "failed", "", None, {}, None, {key: value})], title="one")
    lines = Text.from_ansi(sys.stdout.getvalue()).plain.splitlines()
    assert any(key in line for line in lines)
    assert "".join(line.split("│")[1].strip() for line in lines if line.startswith("│")) == value


def test_a_file_gets_wide_lines_whatever_the_terminal(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.setenv("COLUMNS", "40")
    write_results(folder)
    assert any("0.8500 ± 0.0707" in line and "0.4250 ± 0.0354" in line for line in sys.stdout.getvalue().splitlines())


def test_a_single_configuration_is_not_called_the_best(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    finish(config_of("output_dir=runs"), scores(0.5))
    show(find([tmp_path / "runs"]), title="one")
    shown = capsys.readouterr().out
    assert "0.5000" in shown and "Best by" not in shown and "Results:" not in shown


def test_a_folder_that_cannot_be_written_to_is_named(folder, capsys):
    (folder.path / "results.csv").unlink()
    (folder.path / "results.csv").mkdir()
    write_results(folder)
    shown = capsys.readouterr().out
    assert f"results.md and results.csv cannot be written to {folder.path}: " in shown and "Results:" not in shown


def test_no_cell_is_a_formula_or_markup():
    cells = ["=1+1", "+1a", "-cmd", "@SUM(A1)", "\tx"]
    assert [text_cell(text) for text in cells] == [f"'{text}" for text in cells]
    for plain in ("-0.5", "1e-5", "a=b", "", "runs/x"):
        assert text_cell(plain) == plain
    assert literal("a|b\n<script>`x`</script> [y](http://z) *b* max_steps") == (
        r"a\|b \<script\>\`x\`\</script\> \[y\](http://z) \*b\* max_steps"
    )


def table_of(text):
    """The cells of each row of the table that a screen shows."""
    return [
        [cell.strip() for cell in line.strip("┃│").split(line[0])] for line in text.splitlines() if line[:1] in "┃│"
    ]


def shown_in(stream, monkeypatch, width):
    monkeypatch.setattr(sys, "stdout", stream())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(width))
    return sys.stdout


@pytest.mark.parametrize("stream,width", [(io.StringIO, 40), (Terminal, 120)])
def test_every_cell_of_the_screen(folder, monkeypatch, stream, width):
    screen = shown_in(stream, monkeypatch, width)
    write_results(folder)
    lines = Text.from_ansi(screen.getvalue()).plain.splitlines()
    assert lines[0].rstrip() == str(folder.path)  # at the left
    assert (
        lines[2].index("optimizer") == 2 and lines[4].index("adamw") == 2
    )  # settings at the left, scores at the right
    assert all(
        line.endswith((" state ┃", " 2 done │", " 1 done, 1 failed │")) for line in lines if line.startswith(("┃", "│"))
    )
    mean, deviation = statistics.mean, statistics.stdev
    expected = [["optimizer", "name", "seeds", "validation/accuracy", "test/accuracy", "time", "state"]]
    for optimizer, text in RANKED:
        values = VALUES[optimizer, text]
        spread = [f" ± {deviation(v / part for v in values):.4f}" if len(values) > 1 else "" for part in (1, 2)]
        cells = [f"{mean(values):.4f}{spread[0]}", f"{mean(values) / 2:.4f}{spread[1]}", f"{10 * mean(values):.1f} s"]
        expected.append(
            [optimizer, text, str(len(values)), *cells, "2 done" if len(values) > 1 else "1 done, 1 failed"]
        )
    assert table_of("\n".join(lines)) == expected
    best = next(iter(rows(folder.path / "results.csv")[0]["runs"].split()))
    assert lines[8:] == [
        f"Best by validation/accuracy: optimizer=adamw name=[x|y]  {best}",
        "failed: optimizer=sgd name=[x|y] seed=1: ValueError: [no] luck  [b]s[/]/logs/0006.log",
        f"Results: {folder.path / 'results.md'}, {folder.path / 'results.csv'}",
    ]


def test_the_title_is_bold(folder, monkeypatch):
    screen = shown_in(Terminal, monkeypatch, 120)
    write_results(folder)
    title = screen.getvalue().splitlines()[0]
    assert title.startswith(f"\x1b[1m{folder.path} ")  # ECMA-48: 1 is bold


def test_a_value_of_several_lines_height_is_whole_on_a_narrow_screen(monkeypatch):
    screen = shown_in(Terminal, monkeypatch, 60)
    keys = {"a_long_key": "x" * 30, "another_long_key": "y" * 30}
    show([Record(Path("r"), config_of(), "failed", "", None, {}, None, keys)], title="one")
    assert (
        max(map(len, Text.from_ansi(screen.getvalue()).plain.splitlines()[:-1])) <= 60
    )  # but for the line of the failure
    cells = table_of(Text.from_ansi(screen.getvalue()).plain)
    assert cells[0][:2] == list(keys) and ["".join(column) for column in zip(*cells[1:], strict=True)][:2] == [
        "x" * 30,
        "y" * 30,
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_many_settings_do_not_crowd_out_the_score(monkeypatch, width):
    screen = shown_in(Terminal, monkeypatch, width)
    keys = {f"dataset.setting_{number}": str(number) for number in range(30)}
    score = {monitored(config_of()): 0.625}
    show([Record(Path("r"), config_of(), "done", "", None, score, 1.0, keys)], title="many")
    lines = Text.from_ansi(screen.getvalue()).plain.splitlines()
    cells = table_of("\n".join(lines))
    assert cells[0][0] == "dataset.setting_0" and "0.6250" in cells[1]
    (note,) = [line for line in lines if line.startswith("For lack of space without ")]
    assert " more; " in note


def test_all_runs_of_a_row_are_in_the_csv(folder):
    expected = [[str(record.path) for record in of_sweep(folder)][start : start + 2] for start in (2, 0, 4)]
    assert [row["runs"].split() for row in rows(folder.path / "results.csv")] == expected


def test_failed_trials_of_a_search_are_listed(folder, monkeypatch, capsys):
    """In Optuna's own journal: one fails like a run that is listed already, one is retried, and one has no reason."""
    storage = JournalStorage(JournalFileBackend(str(folder.study)))
    study = optuna.create_study(storage=storage, study_name="sweep")
    reasons = ["ValueError: [no] luck", "loss is *nan*\nin line 2", "OSError: retried", None]
    reasons += [f"error {number}" for number in range(4, 14)]
    for number, reason in enumerate(reasons):
        study.enqueue_trial({"optimizer.lr": number / 16})
        trial = study.ask({"optimizer.lr": optuna.distributions.FloatDistribution(0, 1)})
        for name, value in (("error", reason), ("again", 2 if number == 3 else None)):
            if value is not None:
                trial.set_user_attr(name, value)
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    capsys.readouterr()
    write_results(folder)
    expected = ["trial 1: optimizer.lr=0.0625: loss is *nan*"]
    expected += [f"trial {number}: optimizer.lr={number / 16}: error {number}" for number in range(4, 14)]
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if "trial " in line] == [f"failed: {line}" for line in expected[:10]]
    written = (folder.path / "results.md").read_text().splitlines()
    assert written[7:] == [f"- failed: {line}".replace("*", "\\*") for line in expected]
    show(of_sweep(folder), title="not in its folder")
    assert "trial " not in capsys.readouterr().out
