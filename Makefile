# Everything one does with this checkout. `make` alone lists the targets.
#
# Each target installs what it needs into .venv by itself; requirements/*.lock say
# exactly what, and the stamps .venv/.ready-* when.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCAL  := $(VENV)/.ready-local
DEV    := $(VENV)/.ready-dev

# The page as it is served, and the packages that it is built with.
PAGE   := services/goals/page/static
NODE   := web/node_modules/.package-lock.json

# The folders of tests that start servers, services or a browser.
SLOW_TESTS := bench browser contract integration local simulation stateful system

# `make run DEMO=0`: an empty organisation.
ifeq ($(DEMO),0)
export CAIRN_DEMO := 0
endif

# More options for pytest: `make test ARGS="-k tree -x"`.
ARGS ?=

# So many processes share the tests, each with a PostgreSQL and a Kafka of its own.
# With WORKERS=0 pytest runs them itself: for `-s`, and for a debugger.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run page test fast check check-page fix bench bench-queries screenshots image-dry-run lock clean
MAKEFLAGS += --no-print-directory

help: ## list the targets
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(LOCAL) ## start all of Cairn on this machine (DEMO=0: without the example company)
	@exec $(BIN)/cairn run

page: $(NODE) ## build the page: web/ into services/goals/page/static (needs Node.js)
	@cd web && npx tsc && node build.js

test: $(DEV) ## run all tests, on a real PostgreSQL and Kafka
	@exec $(BIN)/pytest -n $(WORKERS) --dist loadfile $(ARGS)

fast: $(DEV) ## run the tests that start nothing, in seconds
	@exec $(BIN)/pytest $(SLOW_TESTS:%=--ignore=tests/%) $(ARGS)

check: $(DEV) ## judge format, lint, types, imports and deployment files
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m deploy.check
	@if command -v npm >/dev/null; then $(MAKE) check-page; \
	else echo "check: THE PAGE WAS NOT BUILT AGAIN: Node.js is missing" >&2; fi

check-page: $(NODE) ## build the page again, and tell whether it is what is committed
	@cd web && npx tsc
	@built=$$(mktemp -d) && trap 'rm -rf "$$built"' EXIT \
	&& node web/build.js "$$built" && diff -rq "$$built" $(PAGE) \
	|| { echo "check: $(PAGE) is not what web/ builds; run 'make page'" >&2; exit 1; }

fix: $(DEV) ## format, and repair what lint can repair
	$(BIN)/ruff check --quiet --fix-only
	$(BIN)/ruff format --quiet

bench: $(DEV) ## measure records per second and latency, beside a plain loop
	@exec $(BIN)/python -m bench $(ARGS)

bench-queries: $(DEV) ## measure whether a record is slower if many goals have queries
	@exec $(BIN)/python -m bench.queries $(ARGS)

screenshots: $(DEV) ## take the pictures in the documentation anew
	@exec $(BIN)/python -m tests.browser.screenshots $(ARGS)

image-dry-run: $(DEV) ## build the container image's contents in a folder, without Docker
	@exec $(BIN)/python -m deploy.build_without_docker $(ARGS)

lock: ## work out the versions in requirements/*.lock anew (needs uv)
	@command -v uv >/dev/null || { echo "uv is missing; bring it with 'pip install uv'" >&2; exit 1; }
	$(call lock,service,)
	$(call lock,local,--extra local)
	$(call lock,dev,--extra local --extra dev)

$(NODE): web/package-lock.json
	@cd web && npm ci --ignore-scripts --no-progress
	@touch $@

define lock
uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
  --generate-hashes --no-header --no-annotate --no-emit-index-url $(2) \
  --output-file requirements/$(1).lock
endef

clean: ## forget the data of make run (the folder .cairn)
	@$(PYTHON) -m local.home

$(LOCAL): requirements/local.lock pyproject.toml local/install.py
	@$(PYTHON) local/install.py local

$(DEV): requirements/dev.lock requirements/local.lock pyproject.toml local/install.py
	@$(PYTHON) local/install.py dev
