# `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup train test check mutation format clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1|\2/' | column -t -s '|'

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: .venv/installed  ## make .venv and install tunesmith with pinned versions

train: setup  ## the default run: offline, generated data, a small BERT from scratch
	$(BIN)/tunesmith train

test: setup  ## the whole test suite, offline
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

check: setup  ## linting, formatting, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

mutation: setup  ## small changes to the arithmetic that no test notices (hours; MUTANTS='tunesmith.metrics.*' for a part)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[mutation]'
	OMP_NUM_THREADS=1 $(BIN)/mutmut run --max-children 2 $(MUTANTS)
	$(BIN)/mutmut results --all true | $(BIN)/python benchmarks/mutation.py

format: setup  ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## remove .venv and what tools have cached
	rm -rf .venv .mypy_cache .import_linter_cache .pytest_cache .ruff_cache
