# Everything works on a fresh checkout: each target first brings .venv to the level it needs.
# No activation, nothing to install before but Python 3.11 or 3.12 with headers, gcc, g++ and make.

SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin

# The first Python that can carry the environment; `make PYTHON=/path/to/python3.12 ...` names another.
PYTHON = $(shell for python in python3 python3.12 python3.11; do \
	$$python -E -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	&& echo $$python && break; done)

# $(call set_up,LEVEL): a shell line that makes or completes .venv, in well under a second when it is complete.
set_up = python="$(PYTHON)"; if [ -z "$$python" ]; then \
	echo "Set-up cannot go on. Missing: Python 3.11 or 3.12. On Debian 12 or Ubuntu 24.04:" \
	"apt-get install python3 python3-venv python3-dev" >&2; exit 1; fi; $$python -E -s scripts/set_up.py $(1)

.PHONY: help setup setup-demo demo test test-slow lint format types contracts check colcon bench pins clean distclean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 14

setup:  ## the whole environment: ROS 2, tests, checks, simulation, training
	@$(call set_up,dev)

setup-demo:  ## the small environment: ROS 2 and what the demo needs
	@$(call set_up,demo)

demo: setup-demo  ## a robot's questions answered over real ROS 2: table, pictures, a page
	@$(BIN)/converseg models build mini --if-needed || echo "mini could not be built; sim-tiny answers." >&2
	@$(BIN)/converseg demo $(ARGS)

test: setup  ## fast tests, two at a time; ARGS= takes paths and options of pytest
	@$(BIN)/python scripts/run_tests.py $(ARGS)

test-slow: setup  ## the tests that `make test` leaves out
	@$(BIN)/python -m pytest -m slow $(ARGS) || { code=$$?; [ $$code -eq 5 ] && echo "No test is marked slow."; }

lint: setup  ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: setup  ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: setup  ## mypy, strict
	@$(BIN)/python -m mypy

contracts: setup  ## import-linter: who may import whom
	@$(BIN)/lint-imports

check: lint types contracts  ## lint, types and contracts

# A workspace of its own, outside the checkout, that holds just this repository.
colcon: setup  ## plain `colcon build` of a workspace with just this repository
	@workspace=$$(mktemp -d) && trap 'rm -rf "$$workspace"' EXIT && mkdir "$$workspace/src" \
	&& ln -s "$(CURDIR)" "$$workspace/src/converseg" \
	&& cd "$$workspace" && "$(CURDIR)/$(BIN)/colcon" build

bench: setup  ## benchmarks of this machine, written to benchmarks/results; about an hour
	@code=0; for benchmark in benchmarks/[a-z]*.py; do echo "$$benchmark"; $(BIN)/python $$benchmark || code=1; done; exit $$code

pins: setup  ## write requirements/*.txt anew from requirements/*.in and pyproject.toml
	@$(BIN)/python scripts/pin_requirements.py $(ARGS)

clean:  ## remove caches and build outputs, keep .venv
	@rm -rf build install log dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## remove .venv too
	@rm -rf $(VENV)
