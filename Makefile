# Every target uses the virtual environment in .venv/, which `make setup` makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Random order and parallel workers; WORKERS=0 runs in one process.
WORKERS ?= 2
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-deep lint fmt types imports golden bench check pins clean torture \
	attribution-model attribution-order bench-store bench-boards bench-verify sizing metrics limits fuzz dashboards soak \
	detections-docs detections-report

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

setup: $(STAMP)  ## make .venv/ and install the pinned dependencies into it

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: $(STAMP)  ## the main job, start to end, with the embedded store
	$(BIN)/whosaw demo

test: $(STAMP)  ## all tests, lint, types and import laws included
	$(BIN)/pytest -n $(WORKERS) $(PYTEST_ARGS)

test-deep: $(STAMP)  ## the tests with many more generated examples
	HYPOTHESIS_PROFILE=deep $(BIN)/pytest -n $(WORKERS) $(PYTEST_ARGS)

lint: $(STAMP)  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

fmt: $(STAMP)  ## ruff: format and fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)  ## mypy, strict
	$(BIN)/mypy

imports: $(STAMP)  ## the import laws of docs/architecture.md
	$(BIN)/lint-imports

golden: $(STAMP)  ## write the expected results of recorded traffic anew; review the diff
	$(BIN)/pytest tests/golden --rewrite-golden

SEEDS ?= 10
EXCHANGES ?= 50000
ROWS ?= 1000000

attribution-model: $(STAMP)  ## office days against the truth: SEEDS=10 EXCHANGES=50000
	$(BIN)/python -m tests.model --nodes 3 --seeds 1 --exchanges 3000
	$(BIN)/python -m tests.model --seeds $(SEEDS) --exchanges $(EXCHANGES)

attribution-order: $(STAMP)  ## logins and views on two real wires at once: 35,000 exchanges
	$(BIN)/python -m tests.support.ordering

bench: $(STAMP)  ## speed and memory, side by side with the peers; writes build/bench.json
	$(BIN)/python -m tests.bench

ROWS ?= 2000000

bench-store: $(STAMP)  ## the store at size: ROWS=100000000; writes build/bench-store.json
	$(BIN)/python -m tests.bench.bench_store $(ROWS)

bench-boards: $(STAMP)  ## every question of boards and alerts at size: ROWS=100000000
	$(BIN)/python -m tests.bench.bench_store $(ROWS) --boards

sizing: $(STAMP)  ## the table of docs/sizing.md, from bench and bench-store
	$(BIN)/python -m tests.bench.sizing

bench-verify: $(STAMP)  ## rows a second of whosaw verify: ROWS=1000000
	$(BIN)/python -m tests.bench.bench_verify $(ROWS)

limits: $(STAMP)  ## write docs/limits.md from the classes of limits
	$(BIN)/python -m tests.support.limits > docs/limits.md

bench-bypass: $(STAMP)  ## seconds without an answer when every wire freezes or dies; needs root
	$(BIN)/python -m tests.bench.bypass

metrics: $(STAMP)  ## write docs/metrics.md from the declared instruments
	$(BIN)/python -m proxy.telemetry > docs/metrics.md

detections-docs: $(STAMP)  ## write docs/detections.md from the catalogue
	$(BIN)/python -m proxy.detections > docs/detections.md

detections-report: $(STAMP)  ## what the detections find in a seeded month: recall, precision, findings a day
	$(BIN)/python -m tests.detections_report

INPUTS ?= 1000000

fuzz: $(STAMP)  ## mutated traffic against framing, bodies and dialects: INPUTS=1000000
	$(BIN)/python -m tests.fuzz --inputs $(INPUTS)

dashboards: $(STAMP)  ## write what Grafana is provisioned with from dashboards/*.py
	$(BIN)/python -m dashboards

check: lint types imports test  ## what has to be green before a commit

RUNS ?= 1000
FROM ?= 1

torture: $(STAMP)  ## random kills and outages under load: RUNS=1000 FROM=1; appends to build/torture.jsonl
	$(BIN)/python -m tests.torture --runs $(RUNS) --from $(FROM)

SECONDS_OF_SOAK ?= 600
SOAK_ARGS ?=

soak: $(STAMP)  ## a long run with 10,000 idle connections: does anything grow? SOAK_ARGS="--exchanges N --from K"
	$(BIN)/python -m tests.soak --seconds $(SECONDS_OF_SOAK) $(SOAK_ARGS)

pins: $(STAMP)  ## write constraints.txt anew from what resolves on each Python present
	$(BIN)/python -m deploy.pins

clean:  ## remove what the targets made
	rm -rf $(VENV) build var *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
