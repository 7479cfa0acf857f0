"""Words of a command line against expectations written by hand: what is a place, a value, or a mistake."""

from tunesmith.commands.key_values import KeyValues, unknown_keys


def test_places_with_an_equals_sign_in_their_name_are_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("lr=0.1", "output=x"):
        (tmp_path / name).mkdir()
    found = KeyValues.of(["runs", "lr=0.1", "lr=0.2", "output=x", "dataset.train=a=b"], ["output"])
    assert found == KeyValues(["runs", "lr=0.1"], {"output": "x"}, ["lr=0.2", "dataset.train=a=b"], [])


def test_every_mistake_is_found():
    found = KeyValues.of(["output=", "score=a", "score=b", "scor=c", "scor=d", "=e"], ["output", "score"])
    assert found.places == [] and found.values == {"output": "", "score": "b"}
    assert found.mistakes == ["output is empty; expected output=...", "score is given 2 times; expected it once"]
    assert unknown_keys(found.others, ["output", "score"]) == ["unknown key scor; did you mean score?", "unknown key "]
