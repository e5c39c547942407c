# Two commands are all the set-up there is: `make sweep` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One process a core, each with one thread: more threads than cores wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses auto

.PHONY: sweep test check bench install install-dev

sweep: install  ## set up, run the sweep over teacher forcing, show its table
	$(BIN)/python -m runner sweep sweeps/tf.yaml

test: install-dev  ## set up, then ruff, mypy --strict and all tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST)

check: install-dev  ## the quick part of `make test`, for every save
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(PYTEST) -m "not slow and not gpu"

bench: install  ## what the project costs and saves, as one table; CORPUS=FOLDER for another text
	$(BIN)/python -m benchmarks $(CORPUS)

install: $(VENV)/installed
install-dev: $(VENV)/installed-dev

$(VENV)/bin/python:
	@echo "Creating $(VENV)"
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing the project into $(VENV)"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing the project and its development tools into $(VENV)"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@ $(VENV)/installed
