# newsarchive: `make demo` shows it at work, `make test` proves it. Both start from Python >= 3.11, pip and make alone.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test check format lock bench replay clean

demo: .venv/run.done  ## crawl replicas of institute sites on loopback, two virtual days, and show what happened
	$(BIN)/newsarchive demo --into demo

test: .venv/dev.done  ## every test, in parallel and in random order
	$(BIN)/python -m pytest -n auto --dist worksteal -q

check: .venv/dev.done  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/dev.done
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links
lock:  ## exact pins with hashes for every platform; names no index
	test -x .venv/bin/uv || ($(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv)
	for set in "requirements.lock --group build" \
	           "requirements-fleet.lock --group build --extra postgres --extra s3" \
	           "requirements-dev.lock --group build --group dev --all-extras" \
	           "requirements-bench.lock --group build --group dev --group bench --all-extras"; do \
	  set -- $$set; file=$$1; shift; \
	  $(LOCK) pyproject.toml "$$@" --output-file $$file || exit 1; \
	done
	$(LOCK) --group replay --output-file requirements-replay.lock

clean:
	rm -rf .venv .venv-replay demo dist build

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("newsarchive needs Python 3.11 or newer; run: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/run.done: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev.done: requirements-dev.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/run.done

.venv/bench.done: requirements-bench.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-bench.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ .venv/dev.done .venv/run.done
bench: .venv/bench.done  ## what benchmarks/ needs: our peers

.venv-replay/replay.done: requirements-replay.lock | .venv/bin/python
	$(PYTHON) -m venv .venv-replay
	.venv-replay/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-replay.lock
	@touch $@
replay: .venv-replay/replay.done  ## pywb and wacz, for the tests that replay captures; without them these are skipped
