# Two words do everything: `make demo` and `make test`.
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo test lint format bench bench-calls clean

demo: $(VENV)/.runs ## the main job on embedded defaults; ARGS="--once --json" for one JSON object
	@$(BIN)/plsync demo $(ARGS)

test: $(VENV)/.tests lint ## every check
	$(BIN)/pytest -n auto --cov --cov-report=term:skip-covered

lint: $(VENV)/.tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tests ## put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.tests ## measure against peers; writes benchmarks/RESULTS.md and results.json
	$(BIN)/python -m benchmarks $(ARGS)

bench-calls: $(VENV)/.tests ## count CRM calls for 10,000 changed records; prints one JSON object
	@$(BIN)/python -m benchmarks.calls

clean: ## forget the environment and the demo's files
	rm -rf $(VENV) .plsync

$(VENV)/bin/python:
	@python3 -m venv $(VENV)

# Installation talks on standard error, so that `make demo ARGS=--json` prints JSON alone.
$(VENV)/.runs: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing plsync into $(VENV) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . >&2
	@touch $@

$(VENV)/.tests: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing plsync and its test tools into $(VENV) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]' >&2
	@touch $@ $(VENV)/.runs
