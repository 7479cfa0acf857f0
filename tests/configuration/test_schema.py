"""Signatures read from the text of a user's module; what cannot be read has one message that names the place."""

import inspect

import pytest

from tests.conftest import checked
from tunesmith.configuration import schema
from tunesmith.configuration.ranges import PositiveFloat
from tunesmith.errors import UserError


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """The file of a module of the user's, whose functions are optimizers."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("TUNESMITH_PLUGINS", "plugin_of_mine")
    yield tmp_path / "plugin_of_mine.py"
    schema.read_signature.cache_clear()


def test_settings_are_those_of_inspect(plugin):
    plugin.write_text(
        "# -*- coding: latin-1 -*-\n# é\ndef mine(groups, *, lr: PositiveFloat, kind: str | None): ...\n", "latin-1"
    )
    names: dict = {"PositiveFloat": PositiveFloat}
    exec("def mine(groups, *, lr: PositiveFloat, kind: str | None): ...", names)
    parameters = inspect.signature(names["mine"]).parameters
    expected = {name: parameter.annotation for name, parameter in parameters.items() if name != "groups"}
    assert schema.read_signature("plugin_of_mine.mine").settings == expected


@pytest.mark.parametrize(
    "text,expected",
    [
        ("x = 1\ndef mine(groups\n", ", line 2: this is not valid Python: '(' was never closed"),
        (
            "def mine(groups, *, path: Path): ...\n",
            "the annotation of the setting path is Path, which cannot be read: name 'Path'",
        ),
        (
            "def mine(groups, *, x: 1 / 0): ...\n",
            "the annotation of the setting x is 1 / 0, which cannot be read: division",
        ),
    ],
)
def test_what_cannot_be_read(plugin, text, expected):
    plugin.write_text(text)
    with pytest.raises(UserError) as raised:
        checked(["optimizer._target_=plugin_of_mine.mine"])
    assert len(raised.value.mistakes) == 1 and expected in str(raised.value)
    assert raised.value.mistakes[0].startswith("optimizer._target_: ")
