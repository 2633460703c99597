# The two commands of README: `make demo` and `make test`. Each installs what it needs on a new machine.
SHELL := /bin/bash
.PHONY: demo test build web serve clean help

help:
	@echo "make demo   build everything and start the demo on http://127.0.0.1:5000"
	@echo "make test   install what tests need and run all of them"
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

clean:
	cargo clean
	rm -rf web/dist web/node_modules
