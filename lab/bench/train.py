#!/usr/bin/env python3
"""Records what the agent's JVM learns under a typical load, as the cache that bin/slash32 starts from.  Needs root.

The load: routes packed and one at a time, over many next hops, both families, withdrawals and the API.
"""
import os, signal, subprocess, sys, time
from lab import *
from peers import Slash32, A, B, AS

CACHE = os.path.join(ROOT, "lab", "target", "slash32.aot")
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


def run(lab):
    """One life of the agent, which writes the cache when it ends."""
    peer = Slash32(lab, "fib")
    peer.families = ["ipv4-unicast", "ipv6-unicast"]
    os.environ["SLASH32_AOT_RECORD"] = CACHE
    peer.start()
    del os.environ["SLASH32_AOT_RECORD"]  # not for the commands below
    for order, v6, family in (("nh", (), 4), ("seq", (), 4), ("nh", ("--v6",), 6)):
        g = inject(lab, order, v6)
        until(lab, family, N)
        g.say(f"probe {N} 100 2000"); g.wait("probe_done", 20)
        for command in ("status", "peers", "routes", "endpoints"):
            sh(f"{ROOT}/bin/slash32 {command} --socket {lab.dir}/agent.sock", False)
        g.say(f"withdraw 0 {N + 100}")
        until(lab, family, 0)
        g.say("quit"); g.p.wait(5)
    for p in peer.procs:
        p.send_signal(signal.SIGTERM)
        p.wait(120)


if os.path.exists(CACHE):
    os.unlink(CACHE)
subprocess.run(["make", "-s", "-C", HERE], check=True)
lab = Lab()
try:
    run(lab)
finally:
    lab.close()
print(f"{CACHE}: {os.path.getsize(CACHE) >> 20} MiB") if os.path.exists(CACHE) else sys.exit("the JVM wrote no cache")
