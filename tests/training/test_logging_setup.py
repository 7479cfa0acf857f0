"""A program that calls tunesmith has its own logging and warnings back afterwards."""

import logging
import warnings

import pytest

from tunesmith.training import logging_setup


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_logging_is_restored(tmp_path, captured, fails):
    root, library = logging.getLogger(), logging.getLogger("transformers")
    with warnings.catch_warnings():
        original = warnings.showwarning
        logging.captureWarnings(captured)
        handler = logging.FileHandler(tmp_path / "own.log", mode="w")
        root.addHandler(handler)
        before = root.handlers[:], library.handlers[:], library.propagate, warnings.filters[:], warnings.showwarning
        try:
            with logging_setup.restored():
                logging_setup.configure_libraries()
                logging_setup.log_to(tmp_path / "train.log")
                library.error("theirs")
                warnings.warn("ours", stacklevel=1)
                if fails:
                    raise KeyError
        except KeyError:
            assert fails
        after = root.handlers[:], library.handlers[:], library.propagate, warnings.filters[:], warnings.showwarning
        assert after == before
        root.error("mine")  # the handler is open still
        logging.captureWarnings(False)
        assert warnings.showwarning is original
        root.removeHandler(handler)
        handler.close()
    assert (tmp_path / "own.log").read_text() == "mine\n"
    log = (tmp_path / "train.log").read_text()
    assert "theirs" in log and "ours" in log and "mine" not in log
