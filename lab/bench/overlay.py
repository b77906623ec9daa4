#!/usr/bin/env python3
"""Segments: how fast many MACs come into the kernel, how long one that moves is nowhere, and what frames cost.

overlay.py converge [--macs 4000] [--vteps 100] [--moves 200]   one run: VTEPs' routes through FRR as the reflector to
                                                                one agent; a JSON line
overlay.py throughput [--rounds 5] [--seconds 4]                iperf3 over the bare link, over a VXLAN device set up by
                                                                hand and over a segment, in turn; a JSON line a round
overlay.py devices [--vnis 1000]                                a VXLAN device and bridge a VNI beside one device for all
                                                                (vnifilter), by hand: time and memory; a JSON line
overlay.py run [--rounds 5]                                     both, into results/overlay.jsonl, then the report
overlay.py report                                               docs/performance-overlay.md from results/overlay.jsonl

Needs root, FRR, iperf3, ethtool and a built tree.  Namespaces it makes: ba<pid>, bb<pid>, bc<pid>, and o<pid>*.
"""
import argparse, ctypes, json, os, random, re, socket, statistics, struct, subprocess, sys, threading, time
from evpn import Generator
from lab import *

AGENT, REFLECTOR, CLIENT, AS, VNI = "172.20.0.2", "172.20.0.1", "172.20.1.1", 64512, 100
RESULTS = os.path.join(HERE, "results", "overlay.jsonl")
REPORT = os.path.join(ROOT, "docs", "performance-overlay.md")
CLONE_NEWNET, NETLINK_ROUTE, RTMGRP_NEIGH, SO_RCVBUFFORCE = 0x40000000, 0, 4, 33
RTM_NEWNEIGH, RTM_DELNEIGH, AF_BRIDGE, NDA_DST, NDA_LLADDR = 28, 29, 7, 1, 2
IP_PKTINFO = 8
LIBC = ctypes.CDLL(None, use_errno=True)


def inside(ns, work):
    """What work() gives back, in another network namespace; sockets stay there."""
    out = []

    def enter():
        with open(f"/run/netns/{ns}") as f:
            if LIBC.setns(f.fileno(), CLONE_NEWNET):
                out.append(OSError(ctypes.get_errno(), "setns " + ns))
                return
        try:
            out.append(work())
        except Exception as e:
            out.append(e)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if isinstance(out[0], Exception):
        raise out[0]
    return out[0]


def until(what, holds, limit=60):
    end = time.monotonic() + limit
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {limit} s")
        time.sleep(0.05)


class FdbMonitor:
    """Which VTEP each MAC is behind, and since when, as the kernel tells it."""

    def __init__(self, ns, of):
        self.of, self.at, self.changed = of, {}, threading.Condition()
        self.last = 0
        self.netlink = inside(ns, self.open)
        threading.Thread(target=self.read, daemon=True).start()

    def open(self):
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        s.bind((0, RTMGRP_NEIGH))
        return s

    def read(self):
        while True:
            octets, t = self.netlink.recv(1 << 18), now()
            at = 0
            while at + 16 <= len(octets):
                length, kind = struct.unpack_from("=IH", octets, at)
                if kind in (RTM_NEWNEIGH, RTM_DELNEIGH) and octets[at + 16] == AF_BRIDGE:
                    self.entry(octets[at + 28:at + length], kind == RTM_NEWNEIGH, t)
                at += (length + 3) & ~3

    def entry(self, attributes, there, t):
        mac = vtep = None
        at = 0
        while at + 4 <= len(attributes):
            length, kind = struct.unpack_from("=HH", attributes, at)
            if kind == NDA_LLADDR:
                mac = attributes[at + 4:at + length]
            elif kind == NDA_DST:
                vtep = attributes[at + 4:at + length]
            at += (length + 3) & ~3
        if vtep is None or mac not in self.of:
            return
        with self.changed:
            if there:
                self.at[mac] = (socket.inet_ntoa(vtep), t)
                self.last = t
            elif mac in self.at and self.at[mac][0] == socket.inet_ntoa(vtep):
                del self.at[mac]
            self.changed.notify_all()

    def wait(self, holds, limit):
        with self.changed:
            return self.changed.wait_for(holds, limit)


class Arrivals:
    """Numbered frames behind each VTEP: UDP's octets 8 on are VXLAN, then the frame."""

    def __init__(self, ns):
        self.got, self.lock = [], threading.Lock()
        self.udp = inside(ns, self.open)
        threading.Thread(target=self.read, daemon=True).start()

    def open(self):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        s.bind(("0.0.0.0", 4789))
        return s

    def read(self):
        while True:
            octets, more, _, _ = self.udp.recvmsg(2048, 64)
            t = now()
            to = socket.inet_ntoa(more[0][2][8:12])
            if octets[20:22] == b"\x88\xb5":
                with self.lock:
                    self.got.append((struct.unpack("!I", octets[22:26])[0], to, t))

    def take(self):
        with self.lock:
            got, self.got = self.got, []
        return got


class Stream(threading.Thread):
    """A guest that sends a numbered frame to a MAC again and again; sent[number] says when."""

    def __init__(self, ns, device, source, to, interval_s):
        super().__init__(daemon=True)
        self.link = inside(ns, lambda: self.open(device))
        self.head, self.interval_s, self.sent, self.stop = to + source + b"\x88\xb5", interval_s, [0], False
        self.start()

    def open(self, device):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        s.bind((device, 0))
        return s

    def run(self):
        while not self.stop:
            number = len(self.sent)
            self.sent.append(now())
            self.link.send(self.head + struct.pack("!I", number) + bytes(42))
            time.sleep(self.interval_s)


def mac_of(i):
    return bytes([2, 0, 0, 1, i >> 8, i & 0xff])


class Fabric(Lab):
    """The agent in A and the VTEPs in B, as in Lab; the reflector in C, as a next hop of its own it would refuse."""

    def __init__(self, vteps):
        super().__init__()
        self.c = f"bc{os.getpid()}"
        self.namespaces.append(self.c)
        addresses = "\n".join(f"addr add {address}/16 dev sw" for address in [CLIENT] + vteps)
        sh(f"""set -e
        ip netns add {self.c}; ip -n {self.c} link set lo up
        ip link add c0 netns {self.c} type veth peer name b1 netns {self.b}
        ip -n {self.c} addr add {REFLECTOR}/16 dev c0; ip -n {self.c} link set c0 up
        ip -n {self.b} addr flush dev b0; ip -n {self.b} link add sw type bridge
        for device in b0 b1; do ip -n {self.b} link set $device master sw up; done
        ip -n {self.b} link set sw up
        ip -n {self.a} link add g0 type veth peer name g1; ip -n {self.a} link set g1 up
        ip -n {self.b} -batch - <<'END'
{addresses}
END""")


def frr(lab):
    """The reflector."""
    sh(f"chown frr:frr {lab.dir}")
    paths = {}
    for name, text in {"zebra.conf": f"log file {lab.dir}/zebra.log warnings\n", "bgpd.conf": f"""log file {lab.dir}/bgpd.log warnings
router bgp {AS}
 bgp router-id {REFLECTOR}
 no bgp default ipv4-unicast
 neighbor clients peer-group
 neighbor clients remote-as {AS}
 neighbor clients advertisement-interval 0
 bgp listen range 172.20.0.0/16 peer-group clients
 address-family ipv4 unicast
  neighbor clients activate
  neighbor clients route-reflector-client
 exit-address-family
 address-family l2vpn evpn
  neighbor clients activate
  neighbor clients route-reflector-client
 exit-address-family
"""}.items():
        paths[name] = os.path.join(lab.dir, name)
        with open(paths[name], "w") as f:
            f.write(text)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    common = ["-z", f"{lab.dir}/zserv", "--vty_socket", lab.dir, "-P", "0"]
    lab.spawn(lab.c, ["/usr/lib/frr/zebra", "-f", paths["zebra.conf"], "-i", f"{lab.dir}/zebra.pid", *common], **quiet)
    until("zebra's socket", lambda: os.path.exists(f"{lab.dir}/zserv"))
    lab.spawn(lab.c, ["/usr/lib/frr/bgpd", "-S", "-f", paths["bgpd.conf"], "-i", f"{lab.dir}/bgpd.pid", *common], **quiet)


def agent(lab, ns, text, name="agent"):
    """A process of bin/slash32 agent, its configuration completed by what every one needs."""
    with open(f"{lab.dir}/{name}.yaml", "w") as f:
        f.write(text + f"""
metrics: {{listen: "127.0.0.1:9932"}}
api: {{socket: {lab.dir}/{name}.sock}}
stateDirectory: {lab.dir}/{name}.state
""")
    log = open(f"{lab.dir}/{name}.out", "ab")
    return lab.spawn(ns, [f"{ROOT}/bin/slash32", "agent", "--config", f"{lab.dir}/{name}.yaml"], stdout=log, stderr=log)


def number(pattern, text):
    found = re.search(pattern, text)
    return int(found[1]) if found else -1


def ask(lab, what, name="agent"):
    return sh(f"{ROOT}/bin/slash32 {what} --socket {lab.dir}/{name}.sock", False)


def converge(o):
    """Time from the first octet that the VTEPs say to the last FDB entry in the agent's kernel; then moves."""
    record = {"bench": "converge", "macs": o.macs, "vteps": o.vteps, "load_before": noise()}
    vteps = [f"172.20.2.{i + 1}" for i in range(o.vteps)]
    macs = [(mac_of(i), f"10.7.{i >> 8}.{i & 0xff}") for i in range(o.macs)]
    lab = Fabric(vteps)
    try:
        frr(lab)
        daemon = agent(lab, lab.a, f"""node: bench
site: {{id: 1}}
asn: {AS}
underlay: {{address: {AGENT}}}
peers:
  - {{address: {REFLECTOR}, families: [ipv4-unicast, l2vpn-evpn]}}
segments:
  - {{name: bench, vni: {VNI}, flooding: full, ports: [{{device: g0, mac: "02:00:00:00:00:01", addresses: [10.7.255.1]}}]}}""")
        pids = lambda: proc_tree(daemon.pid)
        until("the agent's session", lambda: "1 of 1 Established" in ask(lab, "status"))
        monitor = FdbMonitor(lab.a, {mac for mac, _ in macs})
        generator = inside(lab.b, lambda: Generator(CLIENT, REFLECTOR, AS, VNI))
        generator.say(b"".join(generator.node_route(vtep) for vtep in vteps))
        until("the node routes", lambda: number(r"ipv4-unicast: (\d+) best", ask(lab, "status")) >= o.vteps)
        settle(pids)
        cpu, record["rss_empty_mb"] = cpu_s(pids()), rss_mb(pids())[0]
        share = [macs[i::o.vteps] for i in range(o.vteps)]
        load = b"".join(generator.flooding(vtep) + generator.has(vtep, share[i]) for i, vtep in enumerate(vteps))
        t0 = now()
        generator.say(load)
        if not monitor.wait(lambda: len(monitor.at) == o.macs, 120):
            raise RuntimeError(f"{len(monitor.at)} of {o.macs} MACs in the kernel after 120 s")
        record["fdb_ms"] = round((monitor.last - t0) / 1e6, 1)
        settle(pids)
        spent = cpu_s(pids())
        record["cpu_s"] = round(sum(spent) - sum(cpu), 2)
        record["rss_mb"], record["rss_peak_mb"] = rss_mb(pids())
        kernel = sh(f"bridge -n {lab.a} fdb show dev v32-{VNI}").splitlines()
        record["kernel_fdb"] = sum(" dst " in line and not line.startswith("00:00:00:00:00:00") for line in kernel)
        record["kernel_flooded"] = sum(line.startswith("00:00:00:00:00:00") for line in kernel)
        record["kernel_answers"] = len(sh(f"ip -n {lab.a} neigh show dev b32-{VNI} nud permanent").splitlines())
        record.update(moves(o, lab, generator, monitor, vteps, macs))
        record["rss_after_moves_mb"] = rss_mb(pids())[0]
        left = {vtep: [] for vtep in vteps}
        for mac, ip in macs:
            left[monitor.at[mac][0]].append((mac, ip))
        t0 = now()
        generator.say(b"".join(generator.has_no_more(vtep, some[i:i + 40]) for vtep, some in left.items()
                               for i in range(0, len(some), 40)))
        if monitor.wait(lambda: not monitor.at, 60):
            record["withdrawn_ms"] = round((now() - t0) / 1e6, 1)
    except Exception as e:
        record["error"] = f"{type(e).__name__}: {e}"[:600]
        record["log"] = sh(f"tail -n 5 {lab.dir}/*.out {lab.dir}/*.log", False)[-1500:] if o.verbose else None
    finally:
        lab.close()
    record["load_after"] = noise()
    return record


def moves(o, lab, generator, monitor, vteps, macs):
    """MACs move one after another from VTEP to VTEP while the agent's guest sends to them all the time."""
    arrivals, turn, first, gap, lost = Arrivals(lab.b), [], [], [], 0
    rng = random.Random(4000)
    for n in range(o.moves):
        at = rng.randrange(len(macs))
        mac, ip = macs[at]
        old = monitor.at[mac][0]
        new = rng.choice([vtep for vtep in vteps if vtep != old])
        stream = Stream(lab.a, "g1", bytes([2, 0, 0, 0, 0, 1]), mac, o.interval_ms / 1e3)
        arrivals.take()
        seen = []

        def arrived(at_vtep):
            seen.extend(arrivals.take())
            return any(to == at_vtep for _, to, _ in seen)

        until("frames at the old VTEP", lambda: arrived(old), 10)
        sent = now()
        generator.say(generator.has(new, [(mac, ip)], sequence=n + 1))
        if not monitor.wait(lambda: monitor.at[mac][0] == new, 10):
            raise RuntimeError(f"move {n}: the FDB did not follow")
        turn.append((monitor.at[mac][1] - sent) / 1e6)
        until("frames at the new VTEP", lambda: arrived(new), 10)
        generator.say(generator.has_no_more(old, [(mac, ip)]))
        time.sleep(rng.uniform(0.01, 0.03))
        stream.stop = True
        stream.join()
        time.sleep(0.01)
        arrived(new)
        last_old, last_number = max((t, number) for number, to, t in seen if to == old)
        first_new, first_number = min((t, number) for number, to, t in seen if to == new)
        numbers = sorted({number for number, _, _ in seen})
        lost += numbers[-1] - numbers[0] + 1 - len(numbers)
        first.append((first_new - sent) / 1e6)
        # as much as there was between sending the two is the sender's
        gap.append(max(0, first_new - last_old - (stream.sent[first_number] - stream.sent[last_number])) / 1e6)
    times = lambda values: {"p50": round(pct(values, .5), 3), "p99": round(pct(values, .99), 3), "max": round(max(values), 3)}
    return {"moves": o.moves, "interval_ms": o.interval_ms, "move_fdb_ms": times(turn), "move_first_frame_ms": times(first),
            "move_gap_ms": times(gap), "move_frames_lost": lost}


class Hosts(Lab):
    """Two guests who meet over the agents' segment and, on hosts of their own without an agent, over a VXLAN device set
    up by hand: the same, a bridge with the VXLAN device and the guest's port in it, but for who made it."""
    BY_HAND = 200

    def __init__(self):
        p = os.getpid()
        self.dir = f"/run/overlaybench{p}"
        self.hosts, self.plain, self.guests = ([f"o{p}{kind}{i}" for i in (1, 2)] for kind in "hpg")
        self.namespaces, self.children = self.hosts + self.plain + self.guests, []
        os.makedirs(self.dir, exist_ok=True)
        for ns in self.namespaces:
            sh(f"ip netns add {ns} && ip -n {ns} link set lo up")
            sh(f"ip netns exec {ns} sysctl -qw net.ipv4.tcp_congestion_control=cubic", False)
            for family in ("iptables", "ip6tables", "arptables"):
                sh(f"ip netns exec {ns} sysctl -qw net.bridge.bridge-nf-call-{family}=0", False)
        for of in (self.hosts, self.plain):
            sh(f"ip link add u0 netns {of[0]} type veth peer name u0 netns {of[1]}")
        for i, (host, plain, guest) in enumerate(zip(self.hosts, self.plain, self.guests), 1):
            mac = f"02:00:00:00:00:0{i}"
            sh(f"""set -e
            for ns in {host} {plain}; do ip -n $ns addr add 192.0.2.{i}/24 dev u0; ip -n $ns link set u0 up; done
            ip link add p1 netns {host} type veth peer name e1 netns {guest}
            ip link add p1 netns {plain} type veth peer name e2 netns {guest}
            for n in 1 2; do
              ip -n {guest} link set e$n address {mac} mtu 1450 up; ip -n {guest} addr add 10.$n.0.{i}/24 dev e$n
            done
            ip -n {plain} link add byhand type bridge mcast_snooping 0
            ip -n {plain} link add vx type vxlan id {self.BY_HAND} local 192.0.2.{i} remote 192.0.2.{3 - i} dstport 4789
            for device in vx p1; do ip -n {plain} link set $device master byhand; done
            ip -n {plain} link set vx mtu 1450
            for device in byhand vx p1; do ip -n {plain} link set $device up; done""")
            agent(self, host, f"""node: h{i}
site: {{id: 1}}
asn: {AS}
underlay: {{address: 192.0.2.{i}}}
peers: [{{address: 192.0.2.{3 - i}, families: [l2vpn-evpn]}}]
segments:
  - {{name: bench, vni: {VNI}, flooding: full, ports: [{{device: p1, mac: "{mac}", addresses: [10.1.0.{i}]}}]}}""", f"h{i}")

    def offloads(self, nic):
        """Of a network card without offloads for tunnels, or of a veth, which segments nothing at all."""
        for host in self.hosts + self.plain:
            sh(f"ip netns exec {host} ethtool -K u0 tso {'off' if nic else 'on'} tx-udp-segmentation {'off' if nic else 'on'} gro {'on' if nic else 'off'}")

    def limit(self, rate):
        for host in self.hosts + self.plain:
            sh(f"tc -n {host} qdisc del dev u0 root", False)
            if rate:
                sh(f"tc -n {host} qdisc add dev u0 root tbf rate {rate} burst 4mb limit 16mb")


# from and to whom, and the address
PATHS = {"bare": ("plain", "192.0.2.2"), "by-hand": ("guests", "10.2.0.2"), "segment": ("guests", "10.1.0.2")}
LINKS = {"veth": (False, None), "nic": (True, None), "10gbit": (False, "10gbit")}


def throughput(o):
    """A record a round and kind of link: Gbit/s of one TCP stream over each path, in an order that changes."""
    hosts = Hosts()
    try:
        sides = lambda path: getattr(hosts, PATHS[path][0])
        for path, (_, to) in PATHS.items():
            until(f"{path} carries a ping", lambda: " 0% packet loss" in sh(
                f"ip netns exec {sides(path)[0]} ping -c 1 -W 1 {to}", False))
            hosts.spawn(sides(path)[1], ["iperf3", "-s", "-B", to], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            until("iperf3 listens", lambda: f"{to}:5201" in sh(f"ip netns exec {sides(path)[1]} ss -ltn", False))
        for link in o.links:
            nic, rate = LINKS[link]
            hosts.offloads(nic)
            hosts.limit(rate)
            for number in range(o.rounds + 1):
                record = {"bench": "throughput", "link": link, "seconds": o.seconds, "load_before": noise()}
                order = list(PATHS)
                for path in order[number % 3:] + order[:number % 3]:
                    record[path] = iperf(sides(path)[0], PATHS[path][1], o.seconds if number else 2)
                if number:  # the first one is for warming up
                    yield record
    finally:
        hosts.close()


def iperf(ns, to, seconds):
    end = time.monotonic() + 30
    while True:
        said = sh(f"ip netns exec {ns} iperf3 -J -c {to} -t {seconds}", False)
        try:
            result = json.loads(said[said.find("{"):])["end"]
            return round(result["sum_received"]["bits_per_second"] / 1e9, 3)
        except (ValueError, KeyError):
            if "busy" not in said or time.monotonic() > end:
                raise RuntimeError("iperf3: " + said[-500:]) from None
            time.sleep(0.2)


def devices(o):
    """What N segments cost the kernel, set up by iproute2 in one batch: with a device and a bridge each, and as VNIs of one device,
    without the VLANs of the bridge that it would need (not every kernel has them)."""
    vnis = range(1, o.vnis + 1)
    shapes = {
        "device_a_vni": (["ip", "-batch", "-"], [line for v in vnis for line in (
            f"link add b{v} type bridge mcast_snooping 0", f"link add v{v} mtu 1450 type vxlan id {v} local 192.0.2.1 dstport 4789 nolearning",
            f"link set v{v} master b{v} up", f"link set b{v} up")]),
        "vnifilter": (["bridge", "-batch", "-"], [f"vni add dev vx vni {v}" for v in vnis])}
    record = {"bench": "devices", "vnis": o.vnis, "load_before": noise()}
    for shape, (command, lines) in shapes.items():
        ns = f"ba{os.getpid()}"
        sh(f"ip netns add {ns}")
        try:
            if shape == "vnifilter":
                sh(f"ip -n {ns} link add vx type vxlan external vnifilter local 192.0.2.1 dstport 4789 nolearning && ip -n {ns} link set vx up")
            before, began = kernel_kb(), time.monotonic()
            subprocess.run(["ip", "netns", "exec", ns] + command, input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL)
            record[shape] = {"s": round(time.monotonic() - began, 3), "kb_a_vni": round((kernel_kb() - before) / o.vnis, 1)}
        finally:
            sh(f"ip netns del {ns}", False)
            time.sleep(3)  # the kernel takes a namespace down in the background
    return record


def kernel_kb():
    with open("/proc/meminfo") as f:
        fields = dict(line.split(":") for line in f)
    return sum(int(fields[name].split()[0]) for name in ("Slab", "Percpu", "KernelStack"))


def run(o):
    records = Records(RESULTS, fresh=True)
    for _ in range(o.rounds):
        records.add(converge(o))
    for record in throughput(o):
        records.add(record)
    report()


def report():
    runs = recorded(RESULTS)
    good = [r for r in runs if not r.get("error")]
    of = [r for r in good if r["bench"] == "converge"]
    rounds = [r for r in good if r["bench"] == "throughput"]
    out = open(os.path.join(HERE, "overlay-head.md")).read()
    out += f"\n{provenance(runs)}; {len(runs) - len(good)} runs failed. Medians, and [least-most].\n"
    if of:
        first = of[0]
        out += (f"\n## {first['macs']:,} MACs of {first['vteps']} VTEPs in one segment\n| what | runs | figure |\n|---|---|---|\n")
        rows = [("all in the kernel's FDB, ms", lambda r: r["fdb_ms"], 0), ("CPU of the agent, s", lambda r: r["cpu_s"], 2),
                ("resident before, MiB", lambda r: r["rss_empty_mb"], 1), ("resident with all, MiB", lambda r: r["rss_mb"], 1),
                ("resident at most, MiB", lambda r: r["rss_peak_mb"], 1),
                ("all withdrawn and out of the kernel, ms", lambda r: r["withdrawn_ms"], 0)]
        for shown, key in (("FDB changed after the UPDATE", "move_fdb_ms"), ("first frame at the new VTEP after the UPDATE", "move_first_frame_ms"),
                           ("longer between the last frame at the old and the first at the new VTEP than between sending them", "move_gap_ms")):
            rows += [(f"one MAC moves: {shown}, {q}, ms", lambda r, key=key, q=q: r[key][q], 2) for q in ("p50", "p99")]
        rows.append((f"frames lost in {first['moves']} moves, one sent every {first['interval_ms']} ms", lambda r: r["move_frames_lost"], 0))
        for what, value, digits in rows:
            out += f"| {what} | {len(of)} | {spread([value(r) for r in of], digits)} |\n"
    if rounds:
        out += ("\n## One TCP stream\n| link | rounds | bare link, Gbit/s | VXLAN by hand | segment | segment / by hand (goal ≥ 0.97) | segment / bare link "
                "(seed: 0.7) |\n|---|---|---|---|---|---|---|\n")
        names = {"veth": "veth, which passes segments of 64 KB whole", "nic": "as a card without offloads for tunnels", "10gbit": "limited to 10 Gbit/s"}
        for link in LINKS:
            some = [r for r in rounds if r["link"] == link]
            if some:
                medians = {path: statistics.median(r[path] for r in some) for path in PATHS}
                out += (f"| {names[link]} | {len(some)} | " + " | ".join(spread([r[path] for r in some]) for path in PATHS)
                        + f" | **{medians['segment'] / medians['by-hand']:.3f}** | **{medians['segment'] / medians['bare']:.2f}** |\n")
    with open(REPORT, "w") as f:
        f.write(out)
    print(REPORT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["converge", "throughput", "devices", "run", "report"])
    parser.add_argument("--vnis", type=int, default=1000, help="of devices")
    parser.add_argument("--macs", type=int, default=4000)
    parser.add_argument("--vteps", type=int, default=100)
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--interval-ms", type=float, default=0.5, help="between frames to a MAC that moves")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="of each stream")
    parser.add_argument("--links", type=lambda text: text.split(","), default=list(LINKS))
    parser.add_argument("-v", "--verbose", action="store_true")
    o = parser.parse_args()
    if o.what == "converge":
        print(json.dumps(converge(o)))
    elif o.what == "devices":
        print(json.dumps(devices(o)))
    elif o.what == "throughput":
        for record in throughput(o):
            print(json.dumps(record), flush=True)
    elif o.what == "run":
        run(o)
    else:
        report()


main()
