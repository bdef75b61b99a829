# The contributor's interface; every target is one line anyone can run by hand.
UV ?= uv

.PHONY: setup check test demo bench

setup:  ## install everything the tests use, and the hooks
	$(UV) sync --group oracle
	$(UV) run pre-commit install

check:  ## lint, format, types, dependency direction
	$(UV) run ruff check
	$(UV) run ruff format --check
	$(UV) run mypy
	$(UV) run lint-imports

test:  ## all tests
	$(UV) run --group oracle pytest -n auto

demo:  ## a benign case from nothing but code
	$(UV) run tamis demo

bench:  ## rewrite bench/RESULTS.md; takes about half an hour on an idle machine
	$(UV) run --with-requirements bench/peers.txt python bench/run.py
