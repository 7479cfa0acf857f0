"""A config that a run has saved is read back the same, whatever its values are, and is never resolved again."""

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from tests.conftest import checked
from tunesmith import cli
from tunesmith.configuration import plain_yaml
from tunesmith.configuration.compose import compose
from tunesmith.configuration.identity import run_id
from tunesmith.configuration.saved import apply, literal, parse, to_yaml
from tunesmith.errors import UserError
from tunesmith.sweeps.folder import SweepFolder

SURPRISES = (
    "1e3 -.5E+7 1_000 007 0o7 0x1F 0b1 12:30:45 1:2.5 .inf -.INF .nan nan 5. .5 +1 "  # numbers of some reader
    "null ~ Null yes NO on Off y true True TRUE 2001-01-01 2001-01-01T00:00:00Z = << - ? : "
    "${seed} \\${seed} data/x${seed}.csv ${oc.env:HOME} ??? !!int *a &a #x @x `x` %x {a} [a] 'x' \"x\" a:b a#b"
).split() + [
    "",
    " ",
    " x ",
    "a: b",
    "- a",
    "a #b",
    "a\nb",
    "a\n\n b\n",
    "\t",
    "\r\n",
    "\x85",
    "\u2028",
    "\ufeff",
    "---",
]
MARKS = st.text(
    alphabet="0123456789.eE+-_:~=<>&*!|'\"%@`#?{}[]$\\ynNofFtrue ,\n\t\r\x00\x07\x7f\x85\u2028\ufeff\ud800é中😀"
)
TEXTS = st.one_of(st.sampled_from(SURPRISES), MARKS, st.text())
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(TEXTS, VALUES, max_size=3))
@example({text: text for text in SURPRISES})
def test_every_value_is_read_back_the_same(value):
    text = plain_yaml.dump(value)
    text.encode()  # half of a surrogate pair too, as a name of a file that is not UTF-8 has on the command line
    assert repr(plain_yaml.load(text)) == repr(value)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.sampled_from(SURPRISES), st.floats(), st.integers()), max_size=4))
@example(SURPRISES)
def test_other_readers_of_yaml_read_the_same(values):
    value = {"values": [text for text in values if text not in ("???", "${seed}", "\\${seed}")]}
    assert repr(yaml.safe_load(plain_yaml.dump(value))) == repr(value)
    assert repr(OmegaConf.to_container(OmegaConf.create(plain_yaml.dump(value)))) == repr(value)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.sampled_from(SURPRISES), st.floats(), st.text(st.characters(codec="utf-8"))), max_size=4))
def test_files_that_omegaconf_wrote_are_read_the_same(values):
    written = OmegaConf.to_yaml(OmegaConf.create({"value": [value for value in values if "$" not in str(value)]}))
    assert repr(plain_yaml.load(written)) == repr(OmegaConf.to_container(OmegaConf.create(written)))


def test_a_config_has_the_text_that_it_always_had():
    config = checked([])
    assert to_yaml(config) == OmegaConf.to_yaml(OmegaConf.create(config))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text("$\\{}a:'\" "))
def test_a_literal_text_is_resolved_to_itself(text):
    assert OmegaConf.to_container(OmegaConf.create({"a": literal(text)}), resolve=True)["a"] == text


def test_an_escaped_interpolation_stays_what_it_is(tmp_path):
    config = compose(["dataset=csv", r"dataset.train='data/x\${seed}.csv'"])
    assert config["dataset"]["train"] == "data/x${seed}.csv"
    (tmp_path / "config.yaml").write_text(to_yaml(config))
    file = tmp_path / "config.yaml"
    assert parse(file.read_text(), file) == config
    changed = apply(config, ["dataset.batch_size=7", "dataset.test='y${seed}.csv'"])  # only what is typed is resolved
    assert changed["dataset"]["train"] == "data/x${seed}.csv" and changed["dataset"]["test"] == "y1.csv"


def test_an_escaped_interpolation_in_an_earlier_stage(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment/first.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /dataset: text\n  - override /head: masked_lm\n"
        "dataset:\n  train: x\\${seed}\n"
    )
    config = compose(["backbone.after=first", "seed=5"], config_dir=str(tmp_path))
    assert config["backbone"]["after"]["dataset"]["train"] == "x${seed}"


def test_a_sweep_trains_on_the_file_that_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = "text,label\n" + "a fine film,good\na dull film,bad\n" * 8
    (tmp_path / "x${seed}.csv").write_text(rows)
    (tmp_path / "x1.csv").write_text("no,such\ncolumns,1\n")
    words = [r"dataset.train='x\${seed}.csv'", "backbone.width=32", "trainer.max_steps=1", "trainer.accelerator=cpu"]
    assert cli.run(["train", "-m", "dataset=csv", "backbone=random_bert", *words, "seed=1,2", "sweep.folder=s"]) == 0
    jobs = SweepFolder(tmp_path / "s").jobs()
    assert [job.config["dataset"]["train"] for job in jobs] == ["x${seed}.csv"] * 2
    for job in jobs:
        assert run_id(job.run.config()) == job.run.path.name
        assert cli.run(["evaluate", f"run={job.run.path}"]) == 0


def test_overrides_of_a_saved_config_are_read_as_on_the_command_line():
    config = compose(["dataset=csv", "dataset.train=a.csv"])
    for value in ("données/é.csv", "a=b.csv", "a b.csv", "~/x.csv"):
        word = f"dataset.test={value}"
        fresh = compose(["dataset=csv", "dataset.train=a.csv", word])["dataset"]["test"]
        assert apply(config, [word])["dataset"]["test"] == fresh == value
    for word in ("dataset.test=a.csv,b.csv", "dataset.test=range(1,3)", "~dataset.test", "dataset.test=[a", "é=1"):
        with pytest.raises(UserError, match="expected key=value"):
            apply(config, [word])
