# What can be done here. Each target installs and builds what it needs first.
#
#   make up                 the whole suite on this machine, until Ctrl-C; ARGS="--address 127.0.0.2"
#   make test               everything that CI tests
#   make lint               formatting, clippy, licences of dependencies
#   make bench ONLY=road    figures, one `name value` a line; parts: road, nagios (20 minutes), nagios-soak,
#                           cloudstack, xenserver, alert-bridge, vnc (20 minutes), snmp (20 minutes), outage
#                           (ten minutes)
#   make conformance        comparison with the standards and peers; parts: snmp, cloudstack, xenserver
#   make fuzz               throws bytes at what reads others' bytes; ONLY=snmp-decoder SECONDS=600
#   make dashboards         writes grafana/dashboards anew
#   make build              the programs, in target/release
#   make install-deps       the Debian packages that the suite runs on

BUILD_PACKAGES := gcc libc6-dev
PACKAGES := nagios4-core monitoring-plugins-basic prometheus prometheus-alertmanager gammu-smsd snmpd
# Node.js from elsewhere brings npm and conflicts with Debian's.
TEST_PACKAGES := chromium sqlite3 snmp prometheus-snmp-exporter rabbitmq-server smstools valgrind \
	tigervnc-standalone-server tigervnc-tools x11-apps x11-xserver-utils xterm python3-venv python3-pip \
	$(if $(shell command -v npm),,nodejs npm)
BENCH_PACKAGES := prometheus-snmp-exporter
FUZZ_PACKAGES := g++
PROGRAMS := -p alert-bridge -p cloudstack-exporter -p lab -p nagios-exporter -p nagios-neb -p snmp-exporter -p vnc-recorder \
	-p wisemonitor -p xenserver-exporter
RULES := rules/nagios.yml rules/alert-bridge.yml rules/network.yml rules/cloudstack.yml rules/xenserver.yml \
	rules/vnc-recorder.yml

.PHONY: up test lint bench conformance fuzz dashboards build install-deps install-build-deps install-test-deps check-rust check-rules
.DEFAULT_GOAL := build

# Each fuzz target is a file of this name, its first inputs lie in seeds/ beside it.
FUZZ_TARGETS := $(wildcard */fuzz/fuzz_targets/*.rs exporters/*/fuzz/fuzz_targets/*.rs exporters/*/*/fuzz/fuzz_targets/*.rs)
SECONDS := 60

up: check-rust install-deps build
	@exec target/release/wisemonitor up $(ARGS)

build: check-rust install-build-deps
	@cargo build --release --locked $(PROGRAMS)

test: check-rust install-test-deps check-rules
	cargo build --locked --workspace
	cargo test --locked --workspace

lint: check-rust install-build-deps
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets --all-features -- --deny warnings
	command -v cargo-deny >/dev/null || cargo install --quiet --locked cargo-deny
	cargo deny --log-level error check bans licenses sources

bench: check-rust install-deps build
	@case '$(ONLY)' in \
	''|road) \
		cargo bench --quiet --locked -p wisemonitor --bench road && \
		cargo bench --quiet --locked -p nagios-neb --bench callback;; \
	nagios) \
		deploy/install-debian.sh rabbitmq-server && \
		cargo bench --quiet --locked -p nagios-neb --bench callback && \
		cargo bench --quiet --locked -p nagios-exporter --bench scale --bench production;; \
	nagios-soak) \
		deploy/install-debian.sh valgrind && \
		cargo test --release --locked -p nagios-neb --test nagios -- --ignored soak --nocapture;; \
	snmp) \
		deploy/install-debian.sh $(BENCH_PACKAGES) && \
		cargo bench --quiet --locked -p snmp-exporter --bench peer;; \
	cloudstack) \
		cargo bench --quiet --locked -p cloudstack-exporter --bench cloud;; \
	xenserver) \
		cargo bench --quiet --locked -p xenapi --bench rrd && \
		cargo bench --quiet --locked -p xenserver-exporter --bench pool;; \
	alert-bridge) \
		cargo bench --quiet --locked -p alert-bridge --bench '*';; \
	vnc) \
		deploy/install-debian.sh websockify tigervnc-standalone-server xterm && \
		cargo bench --quiet --locked -p vnc-recorder --bench vnc;; \
	outage) \
		cargo test --release --locked -p wisemonitor --test road -- --ignored;; \
	*) echo "make bench: no part '$(ONLY)', expected one of: road nagios nagios-soak snmp cloudstack xenserver alert-bridge vnc outage" >&2; exit 1;; \
	esac

conformance: check-rust
	@case '$(ONLY)' in \
	'') \
		$(MAKE) --no-print-directory conformance ONLY=snmp && \
		$(MAKE) --no-print-directory conformance ONLY=cloudstack && \
		$(MAKE) --no-print-directory conformance ONLY=xenserver;; \
	snmp) \
		cargo test --quiet --locked -p snmp-exporter --test snmp conformance -- --nocapture;; \
	cloudstack) \
		cargo test --quiet --locked -p cloudstack-exporter --test cloudstack conformance -- --nocapture;; \
	xenserver) \
		cargo test --quiet --locked -p xenapi --test xenapi conformance -- --nocapture && \
		cargo test --quiet --locked -p xenserver-exporter --test xen conformance -- --nocapture;; \
	*) echo "make conformance: no part '$(ONLY)', expected one of: snmp cloudstack xenserver" >&2; exit 1;; \
	esac

# cargo-fuzz needs flags of the compiler that a stable one takes only when told so.
fuzz: check-rust
	@deploy/install-debian.sh $(BUILD_PACKAGES) $(FUZZ_PACKAGES)
	@command -v cargo-fuzz >/dev/null || cargo install --quiet --locked cargo-fuzz
	@chosen='$(filter %/$(or $(ONLY),%).rs,$(FUZZ_TARGETS))'; \
	if [ -z "$$chosen" ]; then \
		echo "make fuzz: no part '$(ONLY)', expected one of: $(notdir $(FUZZ_TARGETS:.rs=))" >&2; exit 1; \
	fi; \
	for target in $$chosen; do \
		part=$$(basename "$$target" .rs); folder=$${target%/fuzz_targets/*}; \
		mkdir -p "target/fuzz/corpus/$$part"; \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir "$$folder" --target-dir target/fuzz "$$part" \
			"target/fuzz/corpus/$$part" "$$folder/seeds/$$part" -- -max_total_time=$(SECONDS) || exit 1; \
	done

dashboards: check-rust install-build-deps
	cargo run --quiet --locked -p dashboards

check-rules: install-deps
	promtool check config rules/prometheus.yml
	promtool check rules --lint-fatal $(RULES)
	promtool test rules rules/tests/*.yml
	amtool check-config rules/alertmanager.yml

install-deps:
	@deploy/install-debian.sh $(PACKAGES)

install-build-deps:
	@deploy/install-debian.sh $(BUILD_PACKAGES)

install-test-deps:
	@deploy/install-debian.sh $(BUILD_PACKAGES) $(PACKAGES) $(TEST_PACKAGES)

check-rust:
	@deploy/check-rust.sh
