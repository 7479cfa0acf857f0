"""Values of the command line: read as they are typed, or refused with the form that works; never a traceback."""

import re
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.configuration.test_saved import LEAVES, MARKS, SURPRISES
from tests.conftest import checked, composer
from tunesmith import cli
from tunesmith.configuration import plain_yaml
from tunesmith.configuration.checks.check import check
from tunesmith.configuration.compose import Composer
from tunesmith.configuration.identity import digest, identity
from tunesmith.configuration.override_quoting import as_text
from tunesmith.configuration.saved import apply, literal
from tunesmith.errors import UserError
from tunesmith.sweeps.expansion import Expansion
from tunesmith.sweeps.grid import jobs_of
from tunesmith.sweeps.space import split

CSV = ["dataset=csv", "dataset.train=train.csv"]
UTF_8 = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def typed(value):
    """A plain value as it is typed on the command line."""
    if isinstance(value, str):
        return as_text(literal(value))
    if isinstance(value, list):
        return f"[{','.join(map(typed, value))}]"
    return {"None": "null", "True": "true", "False": "false"}.get(repr(value), repr(value))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.one_of(
        st.sampled_from([text for text in SURPRISES if text != "???"]), UTF_8, st.lists(UTF_8, max_size=3), LEAVES
    )
)
def test_a_value_is_the_same_on_the_command_line_in_yaml_and_in_the_identity(value):
    try:
        word = f"dataset.text={typed(value)}"
        config = composer().compose([*CSV, word])
    except UserError as error:
        assert "is not valid UTF-8" in str(error)  # half of a surrogate pair, which no terminal sends
        return
    assert repr(config["dataset"]["text"]) == repr(value)
    saved = plain_yaml.load(plain_yaml.dump(config))
    assert repr(saved) == repr(config) and digest(identity(saved)) == digest(identity(config))
    assert repr(apply(config, [word, "dataset.batch_size=7"])["dataset"]["text"]) == repr(value)
    if value != "":
        axis = split([f"{word},other"], {}, composer().folders)[1][0]
        assert repr(composer().compose([*CSV, f"dataset.text={axis.values[0]}"])["dataset"]["text"]) == repr(value)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.sampled_from(
        "seed name optimizer.lr optimizer dataset.labels regularization backbone.after x ~seed +y a.b monitor".split()
    ),
    st.one_of(MARKS, st.sampled_from(SURPRISES), st.text("[]{}(),:='\"\\ a1.$")),
)
def test_no_word_ends_in_a_traceback(key, value):
    try:
        check(composer().compose([f"{key}={value}"]))
    except UserError as error:
        assert error.mistakes and all(error.mistakes)
    try:
        fixed, axes = split([f"{key}={value}"], {}, composer().folders)
        jobs_of(Expansion(composer(), fixed), axes)
    except UserError as error:
        assert error.mistakes and all(error.mistakes)


@pytest.mark.parametrize("value", ["a,b.csv", "a(1).csv", "a'b.csv", 'a"b.csv', "{x}.csv", "[x].csv", "x[1", "a\\'b"])
def test_a_message_shows_the_quoted_form_that_works(capsys, value):
    assert cli.run(["check", "dataset=csv", f"dataset.train={value}"]) == 2
    message = capsys.readouterr().err
    (word,) = shlex.split(re.search(r"the value as one text: (.*)$", message)[1])
    assert cli.run(["check", "dataset=csv", word]) == 2
    assert f"dataset.train={value} is not a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "value",
    ["a b.csv", "a=b.csv", "a-b+c@d%e;#.csv", "données/é.csv", "资料.csv", "C:\\x.csv", "$x.csv", "a:b.csv", "~/x.csv"],
)
def test_other_values_are_read_as_they_are(value):
    assert composer().compose(["dataset=csv", f"dataset.train={value}"])["dataset"]["train"] == value


def test_a_number_where_a_text_is_expected(capsys):
    assert cli.run(["check", *CSV, "dataset.label=1"]) == 2
    message = capsys.readouterr().err
    assert """dataset.label is 1; expected a valid string; as a text: "dataset.label='1'\"""" in message
    assert composer().compose([*CSV, "dataset.label='1'"])["dataset"]["label"] == "1"


@pytest.mark.parametrize("group", ["regularization", "callbacks", "logger"])
@pytest.mark.parametrize("value", ["null", "[]"])
def test_none_of_several(group, value, tmp_path):
    assert checked([f"{group}={value}"])[group] == {}
    assert [job.config[group] for job in jobs_of(*_space(f"{group}={value},[]"))] == [{}]
    (tmp_path / "experiment").mkdir()
    text = f"# @package _global_\ndefaults:\n  - override /{group}: {value}\n"
    (tmp_path / "experiment/mine.yaml").write_text(text)
    own = Composer(str(tmp_path))
    assert own.compose(["experiment=mine"])[group] == {}


def _space(*words):
    fixed, axes = split(words, {}, composer().folders)
    return Expansion(composer(), fixed), axes


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a ",
        "../x",
        "a/../b",
        "/x",
        "~/x",
        "a//b",
        "a/",
        ".",
        "a\\b",
        "a\nb",
        "é" * 128,
        "x" * 256,
    ],
)
def test_a_name_that_is_no_folder(capsys, name):
    assert cli.run(["check", f"name={as_text(name)}"]) == 2
    message = capsys.readouterr().err
    assert "expected a folder below output_dir" in message and message.count("\n") == 1


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "é" * 127, "x" * 255, "a.b", "..a", "a=b", "a,b", "(a)", "😀", "a[1]", "[/b]"]
)
def test_a_name_that_is_a_folder(name):
    assert checked([f"name={as_text(name)}"])["name"] == name


@pytest.mark.parametrize(
    "word,expected",
    [
        ("optimizer.lr=inf", "optimizer.lr is inf; expected a finite number"),
        ("optimizer.lr=nan", "optimizer.lr is nan; expected a finite number"),
        ("regularization.standard.gradient_clip=inf", "a finite number"),
        ("optimizer.betas=[0.9]", "optimizer.betas is [0.9]; expected a list with at least 2 items"),
        ("optimizer.betas=[0.9,0.99,0.999]", "expected a list with at most 2 items"),
        ("optimizer.betas=[0.9,1]", "optimizer.betas is [0.9, 1]; expected less than 1"),
        (
            "optimizer=null",
            "optimizer=null chooses nothing; expected one of adafactor, adam, adamw, adamw_8bit, lion, nadamw, schedule_free, sgd",
        ),
        ("dataset.text={a:1,b:2}", "dataset.text is {'a': 1, 'b': 2}; expected a valid string"),
    ],
)
def test_a_value_out_of_range(capsys, word, expected):
    assert cli.run(["check", word]) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    "word,expected",
    [
        ("größe=1", "'größe=1' cannot be parsed: 'größe' is no key; expected"),
        ("seed..x=1", "'seed..x' is no key"),
        ("=1", "'' is no key"),
        ("SEED=2", "unknown key SEED; did you mean seed?"),
        ("dataset=CSV", "dataset=CSV does not exist; did you mean dataset=csv?"),
        ("regularization=[standard,null]", "contains null; leave it out of the list"),
        (
            "regularization.standrd=1",
            "regularization.standrd is 1; expected the settings of a choice that is selected: "
            "regularization=[standrd]; did you mean standard?",
        ),
        ("output_dir=", "output_dir is ''; expected a text with at least 1 character"),
        ("trainer.progress_bar=on", "trainer.progress_bar is 'on'; expected true or false"),
        ("seed=0x10", "seed is '0x10'; expected a valid integer"),
        ("optimizer.lr='1e-5'", "optimizer.lr is '1e-5'; expected a valid number"),
    ],
)
def test_a_word_that_means_nothing(capsys, word, expected):
    for words in (["check"], ["check", "-m", "seed=1,2"]):
        assert cli.run([*words, word]) == 2
        message = capsys.readouterr().err
        assert expected in message and message.count("\n") == 1 and "as one text" not in message


def test_the_last_choice_and_the_last_value_count():
    """As for Hydra's values; Hydra itself refuses two choices of a group."""
    words = ["optimizer=adam", "optimizer=sgd", "experiment=demo/dapt", "experiment=null", "seed=1", "seed=2"]
    config = composer().compose(words)
    assert config["optimizer"]["_target_"] == "tunesmith.optim.sgd.sgd"
    assert config["seed"] == 2 and config["name"] == "demo_reviews_random_bert"


def test_an_element_of_a_list():
    assert composer().compose(["optimizer.betas[0]=0.5"])["optimizer"]["betas"] == [0.5, 0.999]
    assert composer().compose(["optimizer.betas.1=0.5"])["optimizer"]["betas"] == [0.9, 0.5]


@pytest.mark.parametrize(
    "word,expected",
    [
        ("seed=range(1,4,0)", "a step that is not 0"),
        ("optimizer.lr=range(1e-5,1e-4,0)", "a step that is not 0"),
        ("seed=range(0,1000000000)", "at most 100,000 values"),
        ("seed=range(1,inf)", "expected finite numbers"),
        ("optimizer.lr=interval(1e-5,inf)", "expected finite numbers"),
        ("optimizer.lr=interval(nan,1)", "expected finite numbers"),
    ],
)
def test_a_range_without_end(capsys, word, expected):
    assert cli.run(["check", "-m", word]) == 2
    message = capsys.readouterr().err
    assert expected in message and message.count("\n") == 1
