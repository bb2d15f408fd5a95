# Two commands on a fresh machine with Python 3.11 and make: `make app` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help app test test-all lint fmt types report clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

app: $(VENV)/.app ## Set up, fetch the default pair and serve the app
	$(RUN) -m specwhisper fetch
	$(RUN) app.py

test: $(VENV)/.dev lint types ## Set up and run every check and test
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-all: $(VENV)/.dev lint types ## The same with every clip, width and size, the notebooks in full, damaged files
	SPECWHISPER_ALL_CLIPS=1 OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m ""
	$(RUN) tools/run_notebooks.py
	$(RUN) tools/fuzz_audio.py --files 20000

lint: $(VENV)/.dev ## Style and likely mistakes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## Static types
	$(BIN)/mypy

fmt: $(VENV)/.dev ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

report: $(RUN) ## Write the paper, docs/report.pdf
	@$(RUN) -c 'import typst' 2>/dev/null || \
		$(RUN) -m pip install --quiet --disable-pip-version-check "$$(grep '^typst==' requirements-dev.txt)"
	$(RUN) docs/render.py

clean: ## Remove everything that was built here (downloaded weights stay in the user's cache)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .gradio build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
		{ echo "SpecWhisper needs Python 3.11, 3.12 or 3.13: try make PYTHON=python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is written only after pip succeeded, so an interrupted set-up is taken up again.
$(VENV)/.app: $(VENV)/bin/python requirements.txt constraints.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@# librosa compiles some loops at its first use: now, and not while somebody waits for a picture.
	$(RUN) -c 'import numpy; from specwhisper.output.figures_timeline import log_mel_picture as draw; draw(numpy.zeros(16000, "f4"))'
	@touch $@

$(VENV)/.dev: $(VENV)/.app requirements-dev.txt
	$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@
