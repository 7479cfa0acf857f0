"""Optuna's own journal reads what was written, and no damage to it changes a trial unnoticed."""

import random

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from tests.storage import damages
from tunesmith.storage.verified_folder import DamagedError
from tunesmith.sweeps.search.verified_journal import VerifiedJournal


def trials(backend):
    study = optuna.create_study(storage=JournalStorage(backend), study_name="sweep", load_if_exists=True)
    return [(trial.number, trial.state, trial.params, trial.values, trial.user_attrs) for trial in study.trials]


def search(backend, count):
    study = optuna.create_study(storage=JournalStorage(backend), study_name="sweep", load_if_exists=True)
    for _ in range(count):
        trial = study.ask({"lr": optuna.distributions.FloatDistribution(1e-5, 1e-3, log=True)})
        trial.set_user_attr("runs", {number: [number, 0.1] for number in range(12)})
        study.tell(trial, trial.params["lr"] * 3)


@pytest.fixture
def file(tmp_path):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    search(VerifiedJournal(tmp_path / "study.log"), 3)
    return tmp_path / "study.log"


def test_optuna_reads_the_same(file):
    assert trials(VerifiedJournal(file)) == trials(JournalFileBackend(str(file)))
    assert len(trials(VerifiedJournal(file))) == 3


@pytest.mark.parametrize("damage", damages.KINDS, ids=lambda damage: damage.__name__)
def test_damage_is_noticed_or_only_the_end_is_lost(file, damage):
    before, content = trials(VerifiedJournal(file)), file.read_bytes()
    for seed in range(12):
        damage(file, random.Random(seed))
        try:
            found = trials(VerifiedJournal(file))
        except DamagedError as error:
            assert "study.log is damaged" in str(error)
        else:
            assert damage is not damages.unreadable
            # The last records may be lost; the search notices trials that it misses.
            assert all(trial in before or trial[1] == optuna.trial.TrialState.RUNNING for trial in found)
        if file.is_dir():
            file.rmdir()
        file.write_bytes(content)


def test_a_journal_of_an_earlier_version_is_continued(tmp_path):
    file = tmp_path / "study.log"
    search(JournalFileBackend(str(file)), 2)
    search(VerifiedJournal(file), 2)
    assert len(trials(VerifiedJournal(file))) == 4
    search(JournalFileBackend(str(file)), 1)  # as the dashboard does
    assert len(trials(VerifiedJournal(file))) == 5


def test_an_incomplete_record_is_dropped_before_the_next_one(file):
    with file.open("a") as stream:
        stream.write('{"op_code": 4, "worker')  # the process was killed
    search(VerifiedJournal(file), 1)
    assert len(trials(VerifiedJournal(file))) == 4
