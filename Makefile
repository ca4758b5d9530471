# Two commands matter: `make demo` and `make test`. The rest is for those who work on gisgrid.
#   make demo        the demo county on http://127.0.0.1:5000   (PORT=5001 for another port)
#   make test        all gates and tests
#   make test-long   the longer runs of the property tests
#   make bench       benchmarks, each a ratio against a peer in the same run
#   make lock        new lock files (needs uv)
#   make wheel       a wheel in dist/
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 5000
BIN := .venv/bin
STORE ?= layers/demo.gpkg
LOCK := uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-header --quiet --python-version 3.11

.PHONY: demo test gates test-long bench lock wheel clean

demo: .venv/demo-ready
	@$(BIN)/gisgrid --store $(STORE) demo --port $(PORT)

# Three at a time, since much of it waits for a browser or a database, in the order of
# tests/order.py; then one by one those that need the machine for themselves.
test: gates
	$(BIN)/python -m pytest -m "not long and not alone" -q -n 3 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest -m "alone and not long" -q

gates: .venv/test-ready
	@sh tools/system-packages.sh
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-long: .venv/test-ready
	@sh tools/system-packages.sh
	$(BIN)/python -m pytest -m long -q --timeout=3600

bench: .venv/test-ready
	@sh tools/system-packages.sh
	$(BIN)/python -m benchmarks

wheel: .venv/test-ready
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

lock:
	$(LOCK) --extra postgis --extra build -o requirements.lock
	$(LOCK) --all-extras -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The environment is made once, and again only when a lock changes.
.venv/made:
	@PYTHON="$(PYTHON)" sh tools/make-venv.sh
	@touch $@

.venv/demo-ready: requirements.lock pyproject.toml .venv/made
	@echo "Installing gisgrid from requirements.lock (once) …" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/test-ready: requirements-dev.lock .venv/demo-ready
	@echo "Installing what the tests need from requirements-dev.lock (once) …" >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.lock
	@touch $@
