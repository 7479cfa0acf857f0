"""`tunesmith new`: what it writes trains on the demo data, passes its own tests and the linter, and overwrites nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY
from tests.sweeps.made import REPOSITORY, call
from tunesmith.skeletons.new import KINDS

WORDS = [
    "head=own_head",
    "regularization=[standard,own_regularizer]",
    "dataset.metrics=[accuracy,own_head.metrics.own_metric.OwnMetric]",
    "callbacks=[checkpoint,own_callback]",
    "logger=[csv,own_logger]",
]


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    """The working folder with a package of every kind of skeleton, and what was printed of each."""
    folder = tmp_path_factory.mktemp("new")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("TUNESMITH_PLUGINS", "")
        printed = {"head": call("new", "head", "own_head").output}
        patch.setenv("TUNESMITH_PLUGINS", "./own_head")
        printed |= {kind: call("new", kind, f"own_{kind}").output for kind in KINDS if kind != "head"}
        patch.setenv("TUNESMITH_PLUGINS", "")
        yield folder, printed
    for name in [name for name in sys.modules if name.partition(".")[0] == "own_head"]:
        del sys.modules[name]


def test_it_prints_the_files_and_the_next_commands(plugin):
    folder, printed = plugin
    for kind, output in printed.items():
        files = [line.removeprefix("Written: ") for line in output.splitlines() if line.startswith("Written: ")]
        assert files and all((folder / file).is_file() for file in files), kind
        assert "  tunesmith train " in output
    assert "  export TUNESMITH_PLUGINS=./own_head\n" in printed["head"]


def test_the_skeletons_train_together_on_demo_data(plugin, monkeypatch):
    folder, printed = plugin
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TUNESMITH_PLUGINS", "./own_head")
    assert all(f"train {word}" in "".join(printed.values()) for word in WORDS)
    called = call("train", *TINY, *WORDS, "monitor=validation/own_metric", "name=all")
    assert called.status == 0, called.errors
    (run,) = Path("runs/all").iterdir()
    assert (run / "own_callback.csv").is_file() and (run / "own_logger.jsonl").is_file()
    assert call("export", f"run={run}", "output=exported").status == 0 and Path("exported/head.safetensors").is_file()
    (line,) = [line for line in printed["dataset"].splitlines() if "tunesmith train" in line]
    called = call(*line.split()[1:], *(word for word in TINY if "size" not in word), "name=file")
    assert called.status == 0, called.errors
    assert call("check", "experiment=own_experiment", "dataset.size=96").status == 0


def test_they_pass_their_own_tests_and_the_linter(plugin):
    folder, _ = plugin
    own = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "own_head", "-p", "no:cacheprovider"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert own.returncode == 0 and "11 passed" in own.stdout, own.stdout
    config = f"--config={REPOSITORY / 'pyproject.toml'}"
    for words in (["check", "--isolated", "--select=E4,E7,E9,F,I"], ["format", "--check", config]):
        ended = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "own_head"], cwd=folder, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stdout


def test_in_a_checkout_the_files_are_beside_their_neighbours(tmp_path, monkeypatch):
    """The name of a folder of skeletons is that of the shipped ones; the imports are sorted."""
    monkeypatch.chdir(tmp_path)
    for file in ("src/tunesmith/cli.py", "conf/train.yaml", "pyproject.toml"):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text((REPOSITORY / file).read_text())
    for file in (REPOSITORY / "src/tunesmith").rglob("*.py"):
        (tmp_path / file.relative_to(REPOSITORY)).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file.relative_to(REPOSITORY)).write_text(file.read_text())
    for kind in KINDS:
        assert call("new", kind, f"own_{kind}").status == 0
    written = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*own_*")}
    assert {"src/tunesmith/heads/own_head.py", "conf/head/own_head.yaml", "tests/heads/test_own_head.py"} <= written
    assert {"src/tunesmith/data/sources/own_dataset.py", "tests/data/sources/test_own_dataset.py"} <= written
    assert "source: own_dataset\n" in Path("conf/dataset/own_dataset.yaml").read_text()
    assert "_target_: tunesmith.heads.own_head.OwnHead\n" in Path("conf/head/own_head.yaml").read_text()
    assert {Path(file).parts[2] for file in written if file.startswith("src/")} <= {
        folder.name for folder in (REPOSITORY / "src/tunesmith").iterdir()
    }
    ended = subprocess.run([sys.executable, "-m", "ruff", "check", "."], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    "words,expected",
    [
        (["head"], "expected a kind and a name, such as tunesmith new head my_head"),
        (["haed", "mine"], "there is no skeleton of a 'haed'; did you mean head?"),
        (["head", "my-head"], "'my-head' cannot be a name; expected lower-case letters"),
        (["head", "../mine"], "'../mine' cannot be a name"),
        (["head", "2nd"], "'2nd' cannot be a name"),
        (["head", "class"], "class is a word of Python; choose another name, such as my_class"),
        (["head", "none"], "none is a word of Python"),
        (["head", "crf"], "head=crf exists already: "),
        (["metric", "accuracy"], "accuracy is a score of tunesmith's own"),
        (["head", "numpy"], "Python has a package numpy already"),
        (["head", "taken"], "taken/ exists already, and is no plugin package"),
        (["head", "twice"], "exist"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_reason(words, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNESMITH_PLUGINS", "")
    Path("taken").mkdir()
    if words[-1] == "twice":
        call("new", *words)
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    called = call("new", *words)
    assert called.status == 2 and expected in called.errors and "Traceback" not in called.errors
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before
