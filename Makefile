# `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup train test docs check audit mutation format clean

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

test: setup  ## the whole test suite, offline; TUNESMITH_LONG=1 adds the default run to its end, 3 minutes
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder -r s

docs: setup  ## the documentation site in site/, offline; open site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

check: setup  ## linting, formatting, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: setup  ## known faults of the pinned versions, by pip-audit (needs the network; fails on one that cannot be looked up)
	@$(BIN)/python -c "import urllib.request as r; r.urlopen('https://pypi.org/pypi/pip/json', timeout=10)" 2>/dev/null \
		|| { echo "make audit: pypi.org, which lists known faults, cannot be reached; run it where there is a network"; exit 1; }
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[audit]'
	$(BIN)/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip

mutation: setup  ## small changes to the arithmetic that no test notices (hours; MUTANTS='tunesmith.metrics.*' for a part)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[mutation]'
	OMP_NUM_THREADS=1 $(BIN)/mutmut run --max-children 2 $(MUTANTS)
	$(BIN)/mutmut results --all true | $(BIN)/python benchmarks/mutation.py

format: setup  ## format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## remove .venv and what tools have cached
	rm -rf .venv .mypy_cache .import_linter_cache .pytest_cache .ruff_cache
