# The commands a person types; everything they need is installed into .venv from the lock files.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help run test check faults bench screenshots format lock clean

help: ## Show the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.embedded ## Start everything on this machine: embedded servers, worker and web.
	@exec $(BIN)/follow up

test: $(VENV)/.dev ## Run the whole test suite, in a real browser too (FOLLOW_SKIP_BROWSER=1 leaves that out).
	@$(BIN)/python -m tests.console.chromium
	$(BIN)/python -m pytest

check: $(VENV)/.dev ## Lint, format check, types and import contracts.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

faults: $(VENV)/.dev ## Kill everything at 1,000 seeded points, and count duplicates and losses (about half an hour).
	$(BIN)/python -m tests.faults --faults 1000

bench: $(VENV)/.dev ## Measure cost and speed on this machine, which should do nothing else (about half an hour).
	$(BIN)/python -m tests.bench

screenshots: $(VENV)/.dev ## Take a picture of every page of the console for every role, into .screenshots/ (a few minutes).
	$(BIN)/python -m tests.console.screenshots

format: $(VENV)/.dev ## Format the code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev ## Compile the lock files again from pyproject.toml.
	$(BIN)/python requirements/compile.py

clean: ## Remove the virtual environment (never the data in .followthrough/).
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make run PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.embedded: $(VENV)/bin/python requirements/embedded.txt pyproject.toml
	$(BIN)/pip install --quiet --require-hashes -r requirements/embedded.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements/dev.txt pyproject.toml
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.embedded
