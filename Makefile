# Overcut. `make help` lists the targets.
# Every target does the set-up it needs itself and says clearly what is missing.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The real recordings, if they are beside the checkout. The program itself only knows $OVERCUT_DATA.
SHARED_DATA := $(wildcard $(abspath $(CURDIR)/../shared/data))
ifndef OVERCUT_DATA
ifneq ($(SHARED_DATA),)
export OVERCUT_DATA := $(SHARED_DATA)
endif
endif

# Circuit files beside them: the usual view of each track, with its corner numbers.
ifneq ($(wildcard $(OVERCUT_DATA)/f1/circuits/multiviewer),)
export OVERCUT_CIRCUITS ?= $(OVERCUT_DATA)/f1/circuits/multiviewer
endif

# The session that the wall opens on and the benches read.
BENCH_SESSION ?= chinese grand prix sprint
FIRST_SESSION := $(if $(wildcard $(OVERCUT_DATA)/f1/livetiming/2026_chinese_gp_sprint),--session "$(BENCH_SESSION)")

TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),$(CURDIR)/target)
WEB_SOURCES := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/e2e/*' 2>/dev/null)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

.PHONY: rust node
rust:
	@command -v cargo >/dev/null || { echo "Rust is missing: install it from https://rustup.rs (1.95 or newer)"; exit 1; }
node:
	@command -v npm >/dev/null || { echo "Node is missing: install Node 20 or newer from https://nodejs.org"; exit 1; }

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | node
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: $(WEB_SOURCES) web/node_modules/.package-lock.json
	cd web && npm run --silent build

.PHONY: web
web: web/dist/index.html ## Build the dashboard

.PHONY: build
build: rust web ## Build the release binary, dashboard inside
	cargo build --release --locked -p overcut

.PHONY: run
run: build ## Build, then open the wall: on a recording, else on a synthetic Grand Prix
	$(TARGET)/release/overcut serve --open $(FIRST_SESSION)

.PHONY: demo
demo: build ## Build, then play the synthetic Grand Prix on the wall
	$(TARGET)/release/overcut demo --open

# Everything that is behind a feature; `make test FEATURES="$(make -s features)"` builds it in.
ALL_FEATURES := overcut/kafka,overcut/postgres,overcut/mysql,overcut/s3,overcut/redis,overcut/sql
WITH := $(if $(FEATURES),--features $(FEATURES))

.PHONY: features
features:
	@echo $(ALL_FEATURES)

.PHONY: test
test: rust web ## Run every test that needs no services: Rust, dashboard, browser
	cargo test --workspace --locked $(WITH)
	cargo check --manifest-path fuzz/Cargo.toml --locked
	cd web && npm run --silent check && npm test --silent
	# The tests of the program have built it.
	cd web && OVERCUT_BIN=$(TARGET)/debug/overcut npm run --silent e2e

# Real services for development and tests, on this machine only; see deploy/services.
SERVICES := $(if $(OVERCUT_SERVICES),$(OVERCUT_SERVICES),$(TARGET)/services)

.PHONY: services
services: ## Start a Kafka-compatible broker, PostgreSQL, MariaDB, Redis, Mosquitto and an object store
	deploy/services/up.sh
	OVERCUT_SERVICES="$(SERVICES)" deploy/services/s3.sh start >"$(SERVICES)/s3.env"

.PHONY: services-down
services-down: ## Stop the services that were started
	deploy/services/down.sh
	OVERCUT_SERVICES="$(SERVICES)" deploy/services/s3.sh stop

.PHONY: test-services
test-services: rust services ## Run the tests that need services
	set -a; . "$(SERVICES)/env"; . "$(SERVICES)/s3.env"; OVERCUT_TEST_SERVICES=1; set +a; \
	cargo test --workspace --locked --features $(ALL_FEATURES) \
	  --test conformance --test latest --test objects --test roles

.PHONY: bench
bench: build ## Measure speeds beside their references
	$(TARGET)/release/overcut bench replay "$(BENCH_SESSION)"
	$(TARGET)/release/overcut bench start "$(BENCH_SESSION)"
	$(TARGET)/release/overcut bench fanout "$(BENCH_SESSION)" --clients 1000 --hz 50
	$(TARGET)/release/overcut bench pipeline
	$(TARGET)/release/overcut bench sim
	cargo bench --workspace --locked

.PHONY: fmt
fmt: rust ## Format the code
	cargo fmt --all

.PHONY: lint
lint: rust ## Check format, lints and dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked $(WITH) -- -D warnings
	@if command -v cargo-deny >/dev/null; then cargo deny check; else echo "cargo-deny is not installed: licences and advisories not checked (cargo install cargo-deny)"; fi
