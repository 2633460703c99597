# The two commands of README: `make demo` and `make test`. Each installs what it needs on a new machine.
SHELL := /bin/bash
.PHONY: demo test hunt build web serve clean help

help:
	@echo "make demo   build everything and start the demo on http://127.0.0.1:5000"
	@echo "make test   install what tests need and run all of them"
	@echo "make hunt   run the random tests of the pure crates on cases never seen before (SEED=, CASES=)"
	@echo "make build  build the web UI and the server (release)"
	@echo "make serve  build, then serve your own data directory"

# What a build needs besides Rust and Node; PostgreSQL's programs if the machine has none.
demo: build
	@scripts/ensure-postgres
	@exec "$$(scripts/target-directory)/release/dawsos" demo

serve: build
	@scripts/ensure-postgres
	@exec "$$(scripts/target-directory)/release/dawsos" serve

build: web
	cargo build --release --locked --package server

# Built again only when a source is newer than what lies in web/dist.
web: web/dist/index.html
web/dist/index.html: $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)
	cd web && npm ci --no-audit --no-fund && npm run --silent build
	@touch web/dist/index.html

test:
	scripts/ensure-test-tools
	cargo xtask check

# A failure names its seed; what it finds becomes a named test.
PURE = canonical_json money dates ledger pricing formats formulas optimizer calc portfolio_case capability pattern governor
ifndef SEED
SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
CASES ?= 2000
hunt:
	@echo "SEED=$(SEED) CASES=$(CASES)"
	PROPTEST_RNG_SEED=$(SEED) PROPTEST_CASES=$(CASES) cargo nextest run --no-fail-fast $(addprefix -p ,$(PURE))

clean:
	cargo clean
	rm -rf web/dist web/node_modules
