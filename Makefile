# Two commands set up all they need on a machine with Python 3.11 or later and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
COGGED = README.md $(shell grep -rl --include='*.md' '\[\[\[cog' docs)
NPROC := $(shell nproc 2>/dev/null || echo 2)

.DEFAULT_GOAL := help
.PHONY: help demo setup check test golden docs weights bench fuzz soak mutants lock lowest audit litellm wheel clean

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

weights: $(STAMP)  ## Train the shipped classifier anew from its data (a minute or two); the same data gives the same bytes.
	$(BIN)/python -m jc.routing.train
	$(BIN)/cog -r docs/classifier.md

bench: $(STAMP)  ## Measure beside the ideal and the peers; prints a table and writes benchmarks/results/.
	$(BIN)/python -m benchmarks

fuzz: $(STAMP)  ## Search for inputs that break a reader, SECONDS=60 for each (coverage-guided; for each night).
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris
	@for target in $$($(BIN)/python -c 'from tests.fuzz.targets import TARGETS; print(*TARGETS)'); do \
		echo "== $$target"; $(BIN)/python -m tests.fuzz $$target $(or $(SECONDS),60) 2>&1 | tail -n 3 || exit 1; done

soak: $(STAMP)  ## Run the reliability programme at full size and print its figures (for each night).
	JC_SOAK=1 $(BIN)/pytest -s -p no:randomly tests/soak

mutants: $(STAMP)  ## Plant faults in a copy of the code, one at a time: do the tests notice?
	$(BIN)/python -m tests.soak.mutants

lock: $(STAMP)  ## Write requirements.lock anew: the newest of everything, with hashes and without hosts.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@{ echo '# What jc needs to run, pinned with hashes and without hosts; `make lock` writes it anew, `make audit` looks for vulnerabilities.'; \
		$(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url; } > requirements.lock

lowest: $(STAMP)  ## Run the tests with the oldest versions that pyproject.toml allows.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv venv --quiet --clear .venv-lowest
	@$(BIN)/uv pip install --quiet --python .venv-lowest --resolution lowest-direct --editable '.[dev]'
	.venv-lowest/bin/python -m pytest -n $(NPROC) --ignore tests/test_docs.py

audit: $(STAMP)  ## Look for known vulnerabilities in what jc needs (asks PyPI).
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	@$(BIN)/python -m pip_audit --strict --progress-spinner off --requirement requirements.lock --disable-pip --require-hashes

litellm: $(STAMP)  ## Load the exported route tables in the real litellm package, installed apart.
	@apart=$$(mktemp -d); $(PYTHON) -m venv $$apart \
		&& $$apart/bin/python -m pip install --quiet --disable-pip-version-check litellm \
		&& JC_LITELLM_PYTHON=$$apart/bin/python $(BIN)/pytest tests/routing/test_export_litellm.py; \
		status=$$?; rm -rf $$apart; exit $$status

wheel: $(STAMP)  ## Build the wheel into dist/.
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## Remove what the other targets made.
	rm -rf $(VENV) .venv-lowest .fuzz dist build demo .mypy_cache .ruff_cache .pytest_cache .hypothesis
