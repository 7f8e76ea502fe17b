# `make help` lists the targets. Each installs what it needs first.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
INSTALL := $(BIN)/python src/install_packages.py
COMPILE := uv pip compile --universal --python-version 3.11 --upgrade \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links
# Neither DVC nor MLflow reports usage.
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help setup weights repro compare explore card export serve-pretrained sweep ablation splits learning-curve bench ray heic retry-failed refresh test test-fast lint ui app tour lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 26

setup: $(STAMP) ## make .venv with the pinned packages; once, and again when they change

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make setup: needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	    "Name another: make setup PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' || { \
	  echo "make setup: $(PYTHON) lacks venv (on Debian: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(INSTALL) requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# Gradio, if installed, requires older versions of Pillow and tomlkit: see `lock`.
	@checked=$$($(BIN)/python -m pip check --disable-pip-version-check); test -n "$$checked" && \
	  ! grep -vE '^(No broken|gradio .* requirement (pillow|tomlkit))' <<< "$$checked"
	@touch $@

weights: setup ## fetch and build the networks ahead; the first prediction and make repro do so too
	@$(BIN)/python src/weights.py

repro: setup ## run the pipeline: only what changed is done again
	$(BIN)/dvc repro
	@$(BIN)/python src/card.py --next

compare: setup ## print a table of all runs: t, network, errors, coverage
	@$(BIN)/python src/compare.py $(ARGS)

explore: setup ## write a page with all films of the pretrained model (dvc repro writes that of the last run)
	@$(BIN)/python src/explore.py

export: setup ## write the model of the last run to pretrained/, for git: ARGS='--about "your posters"'
	@$(BIN)/python src/export.py $(ARGS)

card: setup ## write docs/model_card.md from metrics/
	$(BIN)/python src/card.py

sweep: setup ## run the pipeline for several t, and draw both errors against t (ARGS="--t 0 30")
	$(BIN)/python src/sweep.py $(ARGS)

heic: setup ## install what photos in HEIC need (pillow-heif)
	@$(INSTALL) requirements-heic.lock

ray: setup ## install what embed.engine: ray needs, on each machine of the cluster
	@$(INSTALL) requirements-ray.lock

bench: setup ## measure speed beside other libraries: metrics/benchmark.json (ARGS="--only search")
	@$(INSTALL) requirements-bench.lock
	@$(INSTALL) requirements-ray.lock
	$(BIN)/python -m benchmarks $(ARGS)

ablation: setup ## change one choice at a time, and cross-validate it on the training rows (ARGS="--repeats 3")
	$(BIN)/python src/ablate.py $(ARGS)

splits: setup ## test the model and the baselines on several splits: metrics/splits.csv (ARGS="--splits 3")
	$(BIN)/python src/splits.py $(ARGS)

learning-curve: setup ## train on more and more posters, and draw both errors (ARGS="--sizes 3000 6000")
	$(BIN)/python src/learning_curve.py $(ARGS)

retry-failed: setup ## retry downloads that failed for temporary reasons, then run the pipeline
	$(BIN)/python src/ask_again.py failed
	$(BIN)/dvc repro

refresh: setup ## fetch newer listings (data sets), then run the pipeline
	$(BIN)/python src/ask_again.py listings
	$(BIN)/dvc repro

test: setup ## run all tests
	$(BIN)/python -m pytest

test-fast: setup ## run all tests but the slow ones (whole stages, pipelines, servers, browsers)
	$(BIN)/python -m pytest -m "not slow"

lint: setup ## check style and types, and the Dockerfile
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile

serve-pretrained: PORT ?= 5001
serve-pretrained: setup ## register the pretrained model with MLflow, and serve it over HTTP (PORT=... for another)
	@$(BIN)/python src/serve_pretrained.py --port $(PORT)

ui: PORT ?= 5000
ui: setup ## start the MLflow UI and print its address (PORT=... for another)
	@$(BIN)/python src/ui.py --port $(PORT)

app: PORT ?= 7860
app: $(VENV)/.app-complete ## open a local page for your posters: http://127.0.0.1:7860 (PORT=..., ARGS="--model own")
	@$(BIN)/python src/app.py --open --port $(PORT) $(ARGS)

$(VENV)/.app-complete: $(STAMP) requirements-app.lock
	@$(INSTALL) requirements-app.lock
	@touch $@

tour: setup ## run docs/tour.ipynb on the last run, and write its outputs into it
	@$(INSTALL) requirements-tour.lock
	@$(BIN)/python src/tour.py

lock: ## pin the newest packages that pyproject.toml allows (needs uv)
	$(COMPILE) pyproject.toml --extra dev -o requirements.lock
	for extra in bench browser tour ray; do \
	  $(COMPILE) pyproject.toml --extra $$extra -c requirements.lock -o requirements-$$extra.lock || exit; done
	@# Gradio requires older versions of Pillow and tomlkit than DVC does, so no release of it would
	@# fit. They are overridden; the tests of the page run with our versions.
	$(COMPILE) pyproject.toml --extra app -c requirements.lock -o requirements-app.lock \
	  --override <(printf 'pillow>=12.0\ntomlkit>=0.11.1\n')
	$(COMPILE) --group pyproject.toml:predict -c requirements.lock -o requirements-predict.lock
	$(COMPILE) pyproject.toml --extra heic --no-deps -c requirements.lock -o requirements-heic.lock
