# One word for each task; CONTRIBUTING.md says when. `make PYTHON=python3 test` uses another Python.
PYTHON ?= .venv/bin/python
PHOTOS ?= photo-organizer-demo/photos

.PHONY: check format lint types test coverage unit root wheel bench

check: lint types test

format:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest

coverage:
	$(PYTHON) -m pytest --cov

unit:
	$(PYTHON) -m pytest -m unit

root:
	$(PYTHON) -m pytest -m bare_root -n 0

wheel:
	$(PYTHON) packaging/try_distribution.py

# What a run over PHOTOS costs, what an Immich server is asked, and what calls what; docs/benchmarks.md lists the others.
bench:
	$(PYTHON) benchmarks/scan.py $(PHOTOS)
	$(PYTHON) benchmarks/immich.py --photos 1000
	$(PYTHON) benchmarks/calls.py
