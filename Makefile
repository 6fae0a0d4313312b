# Two commands set up all they need on a machine with Python 3.11 or later and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
COGGED = README.md $(shell grep -rl --include='*.md' '\[\[\[cog' docs)
NPROC := $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := help
.PHONY: help demo setup check test golden docs bench fuzz audit wheel clean

help:  ## List the targets.
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing jc and its tools into $(VENV) (about a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

setup: $(STAMP)  ## Make the virtual environment with everything in it.

demo: $(STAMP)  ## Run the main job with no key and no network: three demo models, one demo judge.
	@rm -rf demo && mkdir demo
	@$(BIN)/jc evals run --candidates demo/strong,demo/solid,demo/hasty --prompts evalsets/demo.jsonl \
		--judge demo/judge --run-dir demo/run --output demo/eval-results.csv

check: $(STAMP)  ## Format, lint, types, import contracts, docs blocks.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cog --check $(COGGED)

test: $(STAMP)  ## Run every test.
	$(BIN)/pytest -n $(NPROC)

golden: $(STAMP)  ## Rewrite the golden command lines; read the difference before you commit it.
	JC_GOLDEN=write $(BIN)/pytest tests/cli/test_golden.py -p no:randomly

docs: $(STAMP)  ## Rewrite the blocks of the README and the docs that are made from code.
	$(BIN)/python -m jc.catalog.jsonschema
	$(BIN)/jc catalog schema --write --quiet
	$(BIN)/cog -r $(COGGED)

bench: $(STAMP)  ## Measure beside the ideal and the peers; prints a table and writes benchmarks/results/.
	$(BIN)/python -m benchmarks

wheel: $(STAMP)  ## Build the wheel into dist/.
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## Remove what the other targets made.
	rm -rf $(VENV) dist build demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
