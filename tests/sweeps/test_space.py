"""Axes against the expansion of Hydra's own BasicSweeper."""

import warnings

import pytest
from hydra import initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from optuna.distributions import FloatDistribution

from tunesmith.configuration.choices import conf_folder, conf_folders
from tunesmith.errors import UserError
from tunesmith.sweeps.space import Axis, split

FOLDERS = conf_folders(None)
TYPED = [
    "optimizer.lr=1e-5,3e-5",
    "optimizer.lr=1e-5,0.00001",
    "seed=choice(1,2,3)",
    "seed=choice(1)",
    "seed=range(4)",
    "seed=range(1,4)",
    "seed=range(10,0,-3)",
    "head.dropout=range(0.1,0.5,0.1)",
    "seed=sort(3,1,2)",
    "seed=sort(range(1,4),reverse=true)",
    "seed=tag(budget,choice(1,2))",
    "seed=int(choice(1.5,2.5))",
    "regularization=[standard],[standard,rdrop]",
    "dataset.labels=[a,b],null",
    "dataset.text='a,b',c",
    "dataset.text='it\\'s','[x]'",
    "head.dropout=null,0.1",
    "backbone={width:32},{width:64,layers:2}",
    "optimizer=adam,sgd",
    "optimizer=glob(*)",
    "optimizer=glob(ad*)",
    "optimizer=glob([a*,s*],exclude=adam)",
    "+seed=1,2",
]


def by_hydra(*words):
    """The jobs of BasicSweeper, each a list of overrides."""
    with initialize_config_dir(str(conf_folder())):
        loader = GlobalHydra.instance().config_loader()
        overrides = OverridesParser.create(config_loader=loader).parse_overrides(list(words))
    (jobs,) = BasicSweeper.split_arguments(overrides, max_batch_size=None)
    return [[word.lstrip("+") for word in job] for job in jobs]


@pytest.mark.parametrize("word", TYPED)
def test_the_values_of_an_axis_match_hydra(word):
    fixed, (axis,) = split([word], {}, FOLDERS)
    assert not fixed
    assert [[f"{axis.key}={value}"] for value in axis.values] == by_hydra(word)


@pytest.mark.parametrize("word", ["seed=range(1,10,4)", "head.dropout=range(0.1,0.5,0.1)"])
def test_a_search_steps_over_the_same_numbers(word):
    _, (axis,) = split([word], {}, FOLDERS)
    count = round((axis.high - axis.low) / axis.step) + 1
    stepped = [axis.low + index * axis.step for index in range(count)]
    assert stepped == pytest.approx([float(job.partition("=")[2]) for (job,) in by_hydra(word)])


@given(st.integers(0, 9), st.sampled_from(["0.1", "0.05", "0.2", "0.3", "0.025"]), st.integers(2, 9))
def test_a_search_tries_the_last_value_of_a_range(tenths, step, count):
    low = tenths / 10
    _, (axis,) = split([f"head.dropout=range({low},{low + (count - 0.5) * float(step):.6g},{step})"], {}, FOLDERS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna says so when it lowers the end
        searched = FloatDistribution(axis.low, axis.high, step=axis.step)
    assert len(axis.values) == count and searched.high == axis.high == float(axis.values[-1])


@pytest.mark.parametrize(
    "word,expected",
    [
        ("x=interval(0.1,0.5)", Axis("x", low=0.1, high=0.5)),
        ("x=int(interval(1,8))", Axis("x", low=1, high=8, integer=True)),
        ("x=tag(log,interval(1e-6,1e-4))", Axis("x", low=1e-6, high=1e-4, log=True)),
        ("x=tag(log,int(interval(1,64)))", Axis("x", low=1, high=64, log=True, integer=True)),
    ],
)
def test_intervals(word, expected):
    assert split([word], {}, FOLDERS) == ([], [expected])


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5, True],
        [None, 0.1],
        [None],
        ["a,b", "c d", "it's", 'say "x"', "a=b", "[x]", "{x}", "C:\\x", "ü", "a;b!<c>", ""],
        [[1, 2], ["a", "it's"]],
        [{"a": 1}, {"a": None}],
        ["only"],
    ],
)
def test_a_yaml_list_keeps_its_values(values):
    fixed, axes = split([], {"key": values}, FOLDERS)
    texts = [f"key={text}" for text in axes[0].values] if axes else fixed
    parsed = OverridesParser.create().parse_overrides(texts)
    assert [OmegaConf.to_container(OmegaConf.create([override.value()]))[0] for override in parsed] == values


def test_a_single_yaml_value_is_not_an_axis():
    assert split([], {"a": None, "b": True, "c": "1e-5"}, FOLDERS) == (["a=null", "b=True", "c=1e-5"], [])


def test_a_space_may_be_nested_or_dotted():
    space = {"optimizer": {"lr": "1e-5,3e-5"}, "seed": "range(1,3)"}
    assert split([], space, FOLDERS) == split(["optimizer.lr=1e-5,3e-5", "seed=range(1,3)"], {}, FOLDERS)
    assert split([], {"optimizer.lr": "1e-5,3e-5", "seed": "range(1,3)"}, FOLDERS) == split([], space, FOLDERS)


def test_the_command_line_overrides_the_space_and_later_words_override_earlier_ones():
    fixed, axes = split(["seed=7", "x=1,2", "x=5,6", "y=1", "y=2,3"], {"seed": "range(1,3)"}, FOLDERS)
    assert fixed == ["seed=7"] and [(axis.key, axis.values) for axis in axes] == [("x", ("5", "6")), ("y", ("2", "3"))]


@pytest.mark.parametrize(
    "word,message",
    [
        ("seed=range(4,1)", "seed=range(4,1) has no values; expected a non-empty range(start,stop,step)"),
        ("optimizer.lr=range(1e-5,1e-4)", "lr=range(1e-5,1e-4) has one value, since the step of a range is 1"),
        ("seed=choice()", "'seed=choice()' cannot be parsed"),
        ("seed=interval(5,1)", "expected interval(low,high) with low < high"),
        ("seed=tag(log,interval(0,1))", "expected positive numbers with log"),
        ("optimizer=glob(z*)", "expected one of adafactor, adam"),
        ("optimiser=glob(*)", "expected a config group before glob"),
        ("seed=1,(", "cannot be parsed"),
    ],
)
def test_axes_without_values(word, message):
    with pytest.raises(UserError) as raised:
        split([word], {}, FOLDERS)
    (mistake,) = raised.value.mistakes
    assert message in mistake


def test_all_mistakes_of_a_space_are_reported_together():
    with pytest.raises(UserError) as raised:
        split(["seed=range(4,1)", "optimizer=glob(z*)"], {"head.dropout": []}, FOLDERS)
    assert len(raised.value.mistakes) == 3
