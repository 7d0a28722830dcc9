PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: help setup demo test coverage install-test test-lowest test-newest lint types \
  stubs reference docs vignettes bench lock dist clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Install R (where it can be) and the locked Python packages

$(VENV)/.ready: pyproject.toml requirements.lock tools/install_apt.sh tools/apt-packages.txt
	sh tools/install_apt.sh r
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: setup ## Run the whole workflow on real reviews, in Python and in R
	$(BIN)/rkeras demo --out demo-output
	@if command -v R >/dev/null 2>&1; then \
	  for file in R/00-*.Rmd R/01-*.Rmd; do \
	    echo "R: $$file"; \
	    RKERAS_IMDB=bundled $(BIN)/rkeras run $$file --out demo-output || exit 1; \
	  done; \
	else \
	  echo "R is not here, so its half of the demo is left out. $(BIN)/rkeras doctor says more."; \
	fi

test: setup lint types ## Run every check and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

coverage: setup ## Run every test and say which branches none of them takes
	$(BIN)/python -m pytest -n 2 --dist loadfile --cov --cov-report=term-missing:skip-covered

install-test: setup ## Install the wheel into empty environments, one per extra, and use it
	$(BIN)/python tools/install_test

test-lowest: setup ## Run the core tests with the oldest dependencies that are allowed
	PATH="$(BIN):$$PATH" sh tools/test_versions.sh lowest-direct $(PYTHON)

test-newest: setup ## Run the core tests with the newest, e.g. PYTHON=python3.13
	PATH="$(BIN):$$PATH" sh tools/test_versions.sh highest $(PYTHON)

lint: setup ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## Check types
	$(BIN)/mypy

stubs: setup ## Write the generated type stubs
	$(BIN)/python -m rkeras_port.catalogue.stubs

reference: setup ## Write the generated reference pages
	$(BIN)/python -m rkeras_port.catalogue.reference docs/reference

docs: setup ## Build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

vignettes: setup ## Execute the vignettes and write what they print, R's beside Python's
	for file in vignettes/[0-9]*.py; do RKERAS_IMDB=bundled $(BIN)/python vignettes/render.py $$file || exit 1; done
	RKERAS_IMDB=bundled $(BIN)/python -m rkeras_port.crosscheck.side_by_side \
	  R/01-binary-classification-imdb.Rmd vignettes/01_binary_classification_imdb.md \
	  vignettes/01_binary_classification_imdb.html

bench: setup ## Measure against plain Keras
	for file in benchmarks/*.py; do $(BIN)/python $$file || exit 1; done

lock: setup ## Renew the locked versions
	echo "# Versions that \`make setup\` installs. Renew with \`make lock\`." > requirements.lock.new
	$(BIN)/uv pip compile pyproject.toml --extra all --extra dev --universal \
	  --python-version 3.11 --no-header --no-annotate --no-emit-index-url >> requirements.lock.new
	mv requirements.lock.new requirements.lock

dist: setup ## Build the source archive and the wheel into dist/
	rm -rf dist
	$(BIN)/python -m hatchling build

clean: ## Remove what was made
	rm -rf $(VENV) dist demo-output site .mypy_cache .pytest_cache .ruff_cache .hypothesis
