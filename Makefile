# What one does with a checkout. Each target gets what it needs: only git, make, Rust, a C compiler and Python 3 with pip are
# taken for granted.

# The first target: `make` alone explains.
.PHONY: help
help:
	@echo 'make demo     the whole city on this machine: broker, services, a stand-in for Meta; Ctrl-C stops it'
	@echo 'make test     everything that must hold: format, lints, contract, unit and system tests'
	@echo 'make faults   the system under every fault, with the table of what was seen (about a quarter of an hour)'
	@echo 'make bench    figures to look at, each beside the fastest that this machine could do'
	@echo 'make oracle   the deadlines against two computations of others'
	@echo 'make image    the container image, built in containers (docker or docker-compose)'
	@echo 'make deny     licences, banned crates and sources of the dependencies; make advisories, what is known against them'
	@echo 'make lint     format and lints only'
	@echo 'make fmt      formats the sources'
	@echo 'make tools    fetches nats-server and buf into .tools/'

.PHONY: tools
tools:
	@scripts/tools

.PHONY: browser
browser:
	@scripts/browser

# What the Python example of docs/departments.md needs.
.PHONY: departments
departments:
	@scripts/departments

# Licences, bans, sources: deny.toml.
.PHONY: deny
deny:
	@scripts/deny

.PHONY: advisories
advisories:
	@scripts/deny advisories

# As docker-compose.yml names it. Where no image registry answers: scripts/stand-ins, and docs/operations.md.
.PHONY: image
image:
	docker build --tag segnalalo:$${SEGNALALO_VERSION:-local} --file deploy/Dockerfile .
	@docker image inspect --format 'segnalalo: {{.Size}} bytes' segnalalo:$${SEGNALALO_VERSION:-local}

# What the demo keeps stands in .demo/: delete it to begin anew. ARGS goes to the program.
.PHONY: demo
demo: tools
	cargo build --locked --package segnalalo
	@cargo run --quiet --locked --package segnalalo -- demo $(ARGS)

# The program with failpoints, beside the usual one.
.PHONY: failpoints
failpoints:
	@scripts/failpoints

# ARGS goes to it: `--row NAME --seed N` repeats one, `--write` puts the table into docs/reliability.md.
.PHONY: faults
faults: tools failpoints
	cargo build --locked --package segnalalo-tests --bin faults
	@cargo run --quiet --locked --package segnalalo-tests --bin faults -- $(ARGS)

# Every bench of the workspace, one after the other; docs/benchmarks.md says what they print. ARGS goes to cargo: ARGS='-p
# segnalalo-sla-clock' runs that package's alone.
.PHONY: bench
bench: tools
	cargo bench --locked $(if $(ARGS),$(ARGS),--workspace) --bench '*'

# Where the calendar could be wrong, two others are asked: a package of PyPI, and a second program (tests/oracle/).
.PHONY: oracle
oracle:
	cargo build --locked --package segnalalo
	@scripts/oracle target/debug/segnalalo

.PHONY: fmt
fmt:
	cargo fmt --all

.PHONY: lint
lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

# The program is built with the tests, for the system tests run it. nextest runs the same tests with a process for each; it
# is used where it is installed. ARGS chooses tests.
.PHONY: test
test: tools browser departments deny lint failpoints
	cargo build --locked --workspace --all-targets
	@scripts/oracle target/debug/segnalalo
	@if cargo nextest --version >/dev/null 2>&1; then \
	    set -x; cargo nextest run --locked --workspace --no-fail-fast $(ARGS); \
	else \
	    set -x; cargo test --locked --workspace --no-fail-fast $(ARGS); \
	fi
