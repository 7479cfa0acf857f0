"""What a signal does during training: the first lets the step end, a second Ctrl-C does not wait for it."""

import signal

import pytest

from tunesmith.callbacks.interruption import Interruption
from tunesmith.errors import Interrupted


@pytest.fixture
def training():
    with Interruption() as interruption:
        interruption._training = True
        yield interruption


def test_a_second_ctrl_c_ends_at_once(training, capsys):
    signal.raise_signal(signal.SIGINT)
    assert capsys.readouterr().out == ("\nCtrl-C: stopping after this step. Press Ctrl-C again to stop immediately.\n")
    with pytest.raises(Interrupted, match=r"^a second Ctrl-C$"):
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_does_not_wait_after_sigterm_but_another_sigterm_does(training, capsys):
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)  # as Slurm sends it
    assert capsys.readouterr().out == "\nSIGTERM: stopping after this step.\n"
    with pytest.raises(Interrupted, match=r"^Ctrl-C$"):
        signal.raise_signal(signal.SIGINT)


def test_outside_of_training_the_first_one_ends():
    with Interruption(), pytest.raises(Interrupted, match=r"^Ctrl-C$"):
        signal.raise_signal(signal.SIGINT)
