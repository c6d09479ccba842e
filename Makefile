# Every target sets up what it needs, with the first Python here that is new enough;
# PYTHON=python3.12 make … picks another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
VENV ?= .venv
LOWEST := .venv-lowest
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help run test test-lowest check format bench docs screenshots specs clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): pyproject.toml constraints.txt
	@test -n '$(PYTHON)' || { echo 'goliath-tui needs Python 3.11 or newer, with venv (on Debian: python3-venv); name it with PYTHON=… make' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(PIP_INSTALL) --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(READY) ## mission control with ./config.yaml (the rehearsal, as it comes)
	@$(BIN)/goliath-tui --config config.yaml

test: $(READY) ## the tests
	$(BIN)/pytest

test-lowest: $(READY) ## the tests with the oldest dependencies that pyproject.toml allows
	$(PYTHON) -m venv --clear $(LOWEST)
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' | sed 's/>=/==/' > $(LOWEST)/constraints.txt
	$(LOWEST)/bin/python $(PIP_INSTALL) --constraint $(LOWEST)/constraints.txt --editable '.[dev]'
	$(LOWEST)/bin/pytest

check: $(READY) ## format, lint, types, import contracts, documents, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/api/generate.py --check
	$(MAKE) --no-print-directory test

format: $(READY) ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## the budgets, each beside its floor measured in the same run
	$(BIN)/python -m bench

docs: $(READY) ## docs/api/ from the types that decode it
	$(BIN)/python docs/api/generate.py

screenshots: $(READY) ## the pictures in docs/ and README.md, from the running app; ONLY='mixed*' for some
	$(BIN)/python docs/screenshots.py $(ONLY:%='%')

specs: $(READY) ## the API descriptions that tests hold sources to, into .specs/ (needs npm)
	$(BIN)/python tests/specs.py

clean: ## all that a checkout has written except the cache in data/
	rm -rf $(VENV) $(LOWEST) build dist .mypy_cache .ruff_cache .pytest_cache .specs .hypothesis .import_linter_cache
	find . -name '*.egg-info' -prune -exec rm -rf {} +
