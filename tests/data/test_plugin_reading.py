"""What a plugin's source or task makes of a file depends on its settings and its code: the cache keeps them apart."""

import sys

import pytest

from tests.conftest import checked
from tests.data.small_tokenizers import small_tokenizer
from tunesmith.configuration import schema
from tunesmith.data import cache
from tunesmith.data.survey.survey import surveyed
from tunesmith.training.assembly import data_module

MODULE = """
from pathlib import Path

from tunesmith.data.sources.files import Files
from tunesmith.heads.classification import Classification
from tunesmith.tasks.text_classification import TextClassification

LAST = "!"


class Loud(Files):
    def __init__(self, *, train: str | None, validation: str | None, test: str | None, loud: bool):
        super().__init__(train=train, validation=validation, test=test, encoding=None)
        self.loud, self.end = loud, LAST

    def columns(self, file):
        return ["text", "label"]

    def records(self, file):
        for number, line in enumerate(file.read_text().splitlines(), 1):
            text, label = line.split(";")
            yield number, {"text": (text.upper() if self.loud else text) + self.end, "label": label}


class Ending(Loud):
    def __init__(self, *, train: str | None, validation: str | None, test: str | None, end: str):
        super().__init__(train=train, validation=validation, test=test, loud=False)
        self.end = Path(end).read_text()


class Named:
    # a source of its own, with a fingerprint that does not tell its file's content

    splits = ("train", "validation")

    def __init__(self, *, train: str):
        self.lines = open(train).read().splitlines()

    def mistakes(self, columns):
        return []

    def rows(self, split):
        for number, line in enumerate(self.lines):
            text, label = line.split(";")
            yield number, {"text": text, "label": label}

    def fingerprint(self, split):
        return split

    def where(self, split, row):
        return f"row {row}"


class Short(TextClassification):
    def encode(self, rows, tokenizer):
        return super().encode([row | {"text": row["text"].split()[0]} for row in rows], tokenizer)


class Head(Classification):
    task = "reading_of_mine.Short"
"""


@pytest.fixture
def texts(tmp_path, monkeypatch):
    """A function that gives the encoded training texts for settings and the text of a plugin's module."""
    monkeypatch.setenv("TUNESMITH_PLUGINS", str(tmp_path / "reading_of_mine.py"))
    monkeypatch.setenv(cache.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(
        sys, "dont_write_bytecode", True
    )  # which tells edits within a second apart only by the size of a file
    (tmp_path / "train.txt").write_text("".join(f"word {n};{'ab'[n % 2]}\n" for n in range(20)))

    def encoded(*words, module=MODULE, source="Loud"):
        (tmp_path / "reading_of_mine.py").write_text(module)
        sys.modules.pop("reading_of_mine", None)
        schema.read_signature.cache_clear()
        words = ["dataset=csv", "~dataset.encoding", "~dataset.delimiter", "~dataset.quoting", *words]
        words += [f"dataset.source=reading_of_mine.{source}", f"dataset.train={tmp_path}/train.txt"]
        words += ["dataset.text=text", "dataset.label=label"]
        config = checked(words)
        found = surveyed(config["dataset"])
        data = data_module(config, found.source, found.task, small_tokenizer("bert"), "key")
        data.setup()
        return data.splits["train"].examples["text"][0]

    yield encoded
    sys.modules.pop("reading_of_mine", None)


def test_settings_and_code_of_a_source(texts, tmp_path):
    assert texts("+dataset.loud=false") == "word 0!"
    assert texts("+dataset.loud=true") == "WORD 0!"
    assert texts("+dataset.loud=true", module=MODULE.replace('"!"', '"?"')) == "WORD 0?"
    entries = len(list((tmp_path / "cache/encoded").iterdir()))
    assert texts("+dataset.loud=true") == "WORD 0!"
    assert len(list((tmp_path / "cache/encoded").iterdir())) == entries  # it was kept


def test_code_of_a_task(texts):
    words = ["+dataset.loud=false", "dataset.task=reading_of_mine.Short", "head._target_=reading_of_mine.Head"]
    assert texts(*words) == "word"
    assert texts(*words, module=MODULE.replace("split()[0]", "split()[1]")) == "0!"


def test_content_of_a_file_that_the_fingerprint_does_not_tell(texts, tmp_path):
    words = ["~dataset.validation", "~dataset.test"]
    assert texts(*words, source="Named") == "word 0"
    file = tmp_path / "train.txt"
    file.write_text(file.read_text().replace("word", "mots"))
    assert texts(*words, source="Named") == "mots 0"


def test_content_of_another_file_of_the_source(texts, tmp_path):
    for end in ("!", "?"):
        (tmp_path / "end").write_text(end)
        assert texts(f"+dataset.end={tmp_path}/end", source="Ending") == f"word 0{end}"
