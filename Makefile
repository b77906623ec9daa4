# slash32: `make help` lists the targets. JDK 25 is found by bin/find-jdk; nothing has to be set.
SHELL := /bin/bash
.DEFAULT_GOAL := help
JAVA_HOME := $(shell bin/find-jdk)
ifeq ($(JAVA_HOME),)
ifneq ($(filter-out help,$(or $(MAKECMDGOALS),help)),)
$(error no JDK: see the line above)
endif
endif
export JAVA_HOME
MVN := mvn -q
PACKAGES_BUILD := maven
PACKAGES_BENCH := gcc libc6-dev python3 iproute2
PACKAGES_OVERLAY := iperf3 ethtool
RUNS ?= 5
PACKAGES_LAB := iproute2 iputils-ping iputils-arping ethtool procps util-linux curl jq nftables bird2 frr gobgpd prometheus tcpdump netcat-openbsd exabgp openbgpd busybox-static isc-dhcp-client pmacct bgpdump qemu-system-x86 libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients openssl strongswan-charon strongswan-swanctl libcharon-extra-plugins libstrongswan-extra-plugins python3 systemd
SCENARIOS := $(sort $(wildcard lab/topologies/*))

.PHONY: help demo test check build bench interop bench-routes bench-micro bench-esp bench-ike bench-overlay bench-rules aot fmt fuzz golden packages packages-build

help: ## print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: packages build ## two minutes of proof: fabric up, VMs reach each other and are refused, faults without loss, all gone again
	@bin/slash32 lab test lab/topologies/demo

check: packages-build ## the fast inner loop: build checks and every test that needs no root
	@.ci/count-tests $(MVN) -T2 verify -DforkCount=2 -Dmaven.test.redirectTestOutputToFile=true

test: packages build ## every test: unit, kernel, interop and the lab's scenarios; needs root
	@.ci/count-tests $(MVN) verify -Dtest.groups.excluded=
	@bin/slash32 lab test $(SCENARIOS)

build: packages-build ## leaves bin/slash32 runnable
	@$(MVN) -T2 -DskipTests package

interop: packages ## real BGP speakers, and strongSwan, by feature and by algorithm, every cell measured; written into docs/interop.md and docs/interop-ike.md
	@$(MVN) -pl bgp -am verify -Dtest=InteropMatrix -Dtest.groups.excluded= -Dsurefire.failIfNoSpecifiedTests=false
	@$(MVN) -pl overlay-fallback -am verify -Dtest=IkeInteropMatrix -Dtest.groups.excluded= -Dsurefire.failIfNoSpecifiedTests=false

bench: packages build bench-micro bench-rules bench-ike ## benchmarks of the lab, of rules, of segments, of IKE and of single parts, printed as JSON lines and tables; routes and tunnels have their own
	@.ci/need-packages $(PACKAGES_OVERLAY)
	@bin/slash32 lab bench
	@lab/bench/overlay.py converge
	@lab/bench/overlay.py throughput --rounds 1

bench-routes: packages build ## routes at scale beside other speakers: a JSON line a run, then docs/performance.md; needs root
	@.ci/need-packages $(PACKAGES_BENCH)
	@lab/bench/train.py
	@lab/bench/run matrix --runs $(RUNS) --fresh

bench-micro: packages-build ## single parts: the BGP codec and the tables of routes, by JMH, a JSON line each
	@$(MVN) -pl lab/benchmarks -am -DskipTests package
	@$(JAVA_HOME)/bin/java -cp 'lab/benchmarks/target/lib/*' slash32.bench.Micro $(ARGS)

bench-esp: build ## encrypted tunnels beside wireguard-go, strongSwan in user space and plain VXLAN; then docs/performance-tunnels.md; needs root
	@.ci/need-packages iproute2 iputils-ping iperf3 ethtool wireguard-go wireguard-tools strongswan-charon strongswan-swanctl libcharon-extra-plugins libstrongswan-extra-plugins
	@lab/bench/esp.py run --rounds $(RUNS)

bench-overlay: packages build ## segments: 4,000 MACs of 100 VTEPs, one that moves, iperf3 beside VXLAN by hand and the bare link; then docs/performance-overlay.md; needs root
	@.ci/need-packages $(PACKAGES_OVERLAY)
	@lab/bench/overlay.py run --rounds $(RUNS)

bench-ike: packages-build ## IKE of 1,000 peers on one core, simulated: handshakes a second, datagrams, heap; PEERS_IKE=1000
	@$(MVN) -pl overlay-fallback -am verify -Dtest=IkeScaleTest -Dike.peers=$(or $(PEERS_IKE),1000) \
		-Dsurefire.failIfNoSpecifiedTests=false | grep '^ike '

bench-rules: packages-build ## what security groups cost, in changes and in traffic, beside nft and a Felix-like layout: a JSON line a figure, then docs/performance-rules.md; needs root
	@.ci/need-packages nftables iproute2 iperf3
	@rm -f security-groups/target/bench-rules.md
	@$(MVN) -pl security-groups -am verify -Dtest='FirewallBenchmark,FlushRepairBenchmark,ThroughputBenchmark,FlowCutBenchmark' \
		-Dsurefire.failIfNoSpecifiedTests=false -Dtest.groups.excluded=
	@{ cat docs/performance-rules-head.md; \
		echo "Run of $$(date -u +%FT%RZ), commit $$(git rev-parse --short HEAD), $$(nproc) cores, Linux $$(uname -r)."; \
		echo; echo '| what | layout | figure | goal |'; echo '|---|---|---|---|'; \
		cat security-groups/target/bench-rules.md; } > docs/performance-rules.md

aot: build ## record what the agent's JVM learns under load, so that it starts faster; needs root
	@.ci/need-packages $(PACKAGES_BENCH)
	@lab/bench/train.py

fmt: packages-build ## format every source
	@$(MVN) spotless:apply

fuzz: packages-build ## coverage-guided fuzzing of the decoders: make fuzz SECONDS=600 DECODERS=ike (or bgp, esp, packets)
	@.ci/fuzz $(or $(SECONDS),60) $(or $(DECODERS),bgp)

golden: packages-build ## rewrite the golden files; the diff is the review
	@$(MVN) verify -Dgolden.write=true

packages: packages-build
	@.ci/need-packages $(PACKAGES_LAB)
	@.ci/guest-kernel

packages-build:
	@.ci/need-packages $(PACKAGES_BUILD)
