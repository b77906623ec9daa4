#!/usr/bin/env python3
"""Records what the JVM of an agent and of a reflector learn under a typical load, as the caches that bin/slash32 starts from.

The load: routes packed and one at a time, over many next hops, both families, withdrawals; a next hop that the underlay
leads elsewhere; endpoints that come and go, and guests that arrive from another node; the API; of a reflector, clients that
join.  Needs root.
"""
import json, os, signal, subprocess, sys, time
from lab import *
from peers import Slash32, A, B, AS

def cache(role):
    return os.path.join(ROOT, "lab", "target", f"{role}.aot")


N = 60000


def inject(lab, order, v6=()):
    g = Child(lab, lab.b, [f"{BIN}/bgpgen", "--connect", A, "--local", B, "--as", str(AS), "--id", B, "--gr", "--nexthops", "1000",
                           "--originator", "172.20.0.9", "--cluster", B, "--order", order, *v6])
    assert g.wait("established", 30), "no session: " + sh(f"tail -n 5 {lab.dir}/*.out", False)
    g.say("nodes")
    g.say(f"announce 0 {N}")
    g.say("eor")
    return g


def routes(lab, family):
    return sh(f"ip -n {lab.a} -{family} route show proto 132 | wc -l", False).strip()


def until(lab, family, want):
    end = time.time() + 60
    while routes(lab, family) != str(want) and time.time() < end:
        time.sleep(0.2)
    assert routes(lab, family) == str(want), f"{routes(lab, family)} routes instead of {want}"


# The first frame of a guest: QEMU's RARP, written to the TAP named by the first argument, from the MAC that is the second.
RARP = """import fcntl, struct, sys
tap = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", sys.argv[1].encode(), 0x1002))
tap.write(bytes([255] * 6) + bytes.fromhex(sys.argv[2].replace(":", "")) + b"\\x80\\x35" + bytes(46))
"""


def api(lab, method, path, body=None):
    data = f"-d '{json.dumps(body)}'" if body else ""
    return sh(f"curl -sS --fail-with-body -X {method} {data} --unix-socket {lab.dir}/agent.sock 'http://agent/v1/{path}'")


def endpoints(lab):
    """Endpoints of guests that start here, and of guests that are awaited and come; then none."""
    api(lab, "PUT", "groups/7", {"name": "t", "rules": [{"id": "out", "direction": "egress"}, {"id": "in", "direction": "ingress", "remoteGroupId": 7}]})
    for n in range(8):
        mac = f"52:54:00:00:00:{n:02x}"
        spec = {"device": f"tap{n}", "mode": "create", "mac": mac, "groups": [7], "addresses": [f"10.250.0.{n}", f"fd00:250::{n:x}"]}
        if n % 2:
            spec["role"] = "migration-target"
            api(lab, "PUT", f"endpoints/e{n}?wait=enforced&timeout=10s", spec)
            sh(f"""ip netns exec {lab.a} python3 -c '{RARP}' tap{n} {mac}""")
            end = time.time() + 20
            while '"Advertised","state":"True"' not in api(lab, "GET", f"endpoints/e{n}") and time.time() < end:
                time.sleep(0.05)
            spec["role"] = "active"
        api(lab, "PUT", f"endpoints/e{n}?wait=advertised&timeout=20s", spec)
    for n in range(8):
        api(lab, "DELETE", f"endpoints/e{n}")


def moves(lab):
    """The underlay leads one next hop through one gateway and then another, and at last on the link again."""
    for k in range(40):
        gateway = f"172.20.1.{1 + k % 2}"
        sh(f"ip -n {lab.a} route replace 172.20.16.8/32 via {gateway}")
        end = time.time() + 10
        while f"via {gateway} " not in sh(f"ip -n {lab.a} nexthop") and time.time() < end:
            time.sleep(0.01)
        assert time.time() < end, f"no nexthop object leads through {gateway}"
    sh(f"ip -n {lab.a} route del 172.20.16.8/32")


def start(peer, role):
    os.environ["SLASH32_AOT_RECORD"] = cache(role)
    peer.start()
    del os.environ["SLASH32_AOT_RECORD"]  # not for the commands below


def ask(lab, socket, *commands):
    for command in commands:
        sh(f"{ROOT}/bin/slash32 {command} --socket {lab.dir}/{socket}.sock", False)


def end(peer):
    """The JVM writes the cache."""
    for p in peer.procs:
        p.send_signal(signal.SIGTERM)
        p.wait(120)


def agent(lab):
    peer = Slash32(lab, "fib")
    peer.families = ["ipv4-unicast", "ipv6-unicast"]
    start(peer, "agent")
    for order, v6, family in (("nh", (), 4), ("seq", (), 4), ("nh", ("--v6",), 6)):
        g = inject(lab, order, v6)
        until(lab, family, N)
        g.say(f"probe {N} 100 2000"); g.wait("probe_done", 20)
        if family == 4:
            moves(lab)
        endpoints(lab)
        ask(lab, "agent", "status", "peers", "routes", "endpoints")
        g.say(f"withdraw 0 {N + 100}")
        until(lab, family, 0)
        g.say("quit"); g.p.wait(5)
    end(peer)


def clients(lab):
    c = Child(lab, lab.b, [f"{BIN}/bgpgen", "--connect", A, "--local", "172.20.1.1", "--id", "172.20.1.1", "--as", str(AS), "--sessions", "4"])
    for _ in range(4):
        assert c.wait("established", 30), "no session: " + sh(f"tail -n 5 {lab.dir}/*.out", False)
    return c


def full(c, count):
    for _ in range(4):
        assert c.wait("full", 60, present=count), f"clients without the {count} routes"


def reflector(lab):
    peer = Slash32(lab, "rr")
    start(peer, "reflector")
    for order in ("nh", "seq"):
        c = clients(lab)
        c.say(f"target {N}")
        g = inject(lab, order)
        full(c, N)
        g.say(f"probe {N} 100 2000"); g.wait("probe_done", 20)
        c.say("quit"); c.p.wait(5)
        c = clients(lab)
        c.say(f"target {N + 100}")
        full(c, N + 100)
        ask(lab, "reflector", "status", "peers", "routes")
        c.say("target 0")
        g.say(f"withdraw 0 {N + 100}")
        full(c, 0)
        g.say("quit"); g.p.wait(5)
        c.say("quit"); c.p.wait(5)
    end(peer)


subprocess.run(["make", "-s", "-C", HERE], check=True)
for role in (agent, reflector):
    path = cache(role.__name__)
    if os.path.exists(path):
        os.unlink(path)
    lab = Lab()
    try:
        role(lab)
    finally:
        lab.close()
    print(f"{path}: {os.path.getsize(path) >> 20} MiB") if os.path.exists(path) else sys.exit("the JVM wrote no cache")
