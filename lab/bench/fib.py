#!/usr/bin/env python3
"""FIB benchmark of one BGP speaker: prints one JSON line.  See README.md."""
import argparse, json, os, sys, threading, time
from lab import *
from peers import PEERS, A, B, AS

ap = argparse.ArgumentParser()
ap.add_argument("--peer", required=True, choices=sorted(PEERS))
ap.add_argument("--n", type=int, required=True)
ap.add_argument("--nexthops", type=int, default=1000)
ap.add_argument("--pack", type=int, default=10000)
ap.add_argument("--order", default="nh", choices=["nh", "seq"])
ap.add_argument("--probes", type=int, default=200)
ap.add_argument("--limit", type=float, default=180, help="seconds for the whole run")
ap.add_argument("--rib", action="store_true", help="poll the speaker's own count of routes, which costs it something")
ap.add_argument("--no-restart", action="store_true")
ap.add_argument("--v6", action="store_true", help="IPv6 unicast /128 instead of IPv4 /32")
ap.add_argument("--move", action="store_true", help="with the load in place, move one next hop to another gateway; nothing else")
ap.add_argument("--no-eor", action="store_true", help="send no End-of-RIB after the load")
ap.add_argument("--perf", help="write 'perf record' data of the load phase here")
ap.add_argument("-v", action="store_true")
o = ap.parse_args()

t_run = time.time()
left = lambda cap: max(0.5, min(cap, o.limit - (time.time() - t_run)))
R = {"bench": "fib", "peer": o.peer, "n": o.n, "nexthops": o.nexthops, "pack": o.pack, "order": o.order, "family": "ipv6" if o.v6 else "ipv4", "load_before": noise()}
lab = Lab()


def note(*a):
    if o.v:
        print(f"[{time.time() - t_run:7.2f}]", *a, file=sys.stderr)


class RibPoll(threading.Thread):
    """Polls the daemon's own count until it reaches want."""

    def __init__(self, peer, want):
        super().__init__(daemon=True)
        self.peer, self.want, self.t, self.stop, self.last = peer, want, None, False, None
        self.start()

    def run(self):
        while not self.stop:
            c = self.peer.rib()
            t = now()
            self.last = c
            if c == self.want:
                self.t = t
                return
            time.sleep(self.peer.poll * (1 if o.n <= 200000 else 2))


def ms(t, t0):
    return None if t is None or t0 is None else round((t - t0) / 1e6, 1)


def in_kernel(mon, i):
    """When route i was seen, in whatever order with others."""
    return next((e for e in mon.log if e["ev"] == "fib" and e["i"] == i and e["up"]), None) or mon.wait("fib", left(90), i=i, up=1)


def latencies(gen, mon, cmd, up, n, fib):
    """n single routes: sent -> seen in the kernel, in ms."""
    gen.drain(); mon.drain()
    c = cpu_ns(peer.pids())
    gen.say(cmd)
    sent, seen, end = {}, {}, time.time() + left(40)
    done = None
    while time.time() < end:
        for e in gen.drain():
            if e["ev"] == "probe": sent[e["i"]] = e["t"]
            if e["ev"] == "probe_done": done = time.time()
        for e in mon.drain():
            if e["ev"] == "fib" and e["up"] == up: seen.setdefault(e["i"], e["t"])
        if done and (len(seen) >= n or time.time() > done + 10):
            break
        time.sleep(0.02)
    d = [(seen[i] - sent[i]) / 1e6 for i in sent if i in seen]
    return {"n": len(d), "p50": pct(d, .5) and round(pct(d, .5), 3), "p90": pct(d, .9) and round(pct(d, .9), 3),
            "p99": pct(d, .99) and round(pct(d, .99), 3), "max": d and round(max(d), 3) or None,
            "cpu_us": cpu_us_each(c, cpu_ns(peer.pids()), len(sent))}


try:
    N, P = o.n, o.probes
    peer = PEERS[o.peer](lab, "fib")
    peer.v6, peer.learn = o.v6, o.move
    v6 = ["--v6"] if o.v6 else []
    if o.move:  # next hop number 7 is behind a gateway
        sh(f"ip -n {lab.a} route add 172.20.16.8/32 via {B}")
    mon = Child(lab, lab.a, [f"{BIN}/fibmon", "--n", str(N), "--space", str(N + 4096)] + v6)
    assert mon.wait("ready", 10)
    t0 = now()
    peer.start()
    gen = Child(lab, lab.b, [f"{BIN}/bgpgen", "--connect", A, "--local", B, "--as", str(AS), "--id", "172.20.0.1", "--gr",
                             "--nexthops", str(o.nexthops), "--originator", "172.20.0.9", "--cluster", "172.20.0.1", "--pack", str(o.pack), "--order", o.order, "--space", str(N + 4096)] + v6)
    e = gen.wait("open", left(30))
    R["start_to_open_ms"] = ms(e and e["t"], t0)
    e = gen.wait("established", left(30))
    if not e:
        raise RuntimeError("no session: " + sh(f"tail -n 5 {lab.dir}/*.out {lab.dir}/*.log", False))
    R["start_to_established_ms"] = ms(e["t"], t0)
    time.sleep(1.0)
    c0 = cpu_s(peer.pids())
    R["rss_empty_mb"] = rss_mb(peer.pids())[0]

    # (a) (b) load
    note("load")
    if o.perf:
        pf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "999", "-g", "-a", "-o", o.perf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
    mon.say(f"target {N}")
    poll = RibPoll(peer, N) if o.rib else None
    if peer.nodes: gen.say("nodes")
    gen.say(f"announce 0 {N}")
    if not o.no_eor: gen.say("eor")
    s = gen.wait("sent", left(120))
    t0 = s["t_first"] if s else None
    R["sent_ms"] = ms(s and s["t_last"], t0)
    k = gen.wait("acked", left(120))
    R["tcp_drained_ms"] = ms(k and k["t"], t0)
    if peer.fib:
        f = mon.wait("reached", left(150), present=N)
        R["fib_ms"] = ms(f and f["t"], t0)
        R["fib_rps"] = f and round(N / ((f["t"] - t0) / 1e9))
        R["mon_lost"] = f and f["lost"]
        if not f:
            mon.say("stats"); R["fib_partial"] = (mon.wait("stats", 5) or {}).get("present")
    if poll:
        poll.join(left(60 if not peer.fib else 10))
        poll.stop = True
        R["rib_ms"] = ms(poll.t, t0)
    if o.perf:
        pf.send_signal(2); pf.wait()
    c1 = settle(peer.pids)
    R["cpu_user_s"], R["cpu_sys_s"] = round(c1[0] - c0[0], 2), round(c1[1] - c0[1], 2)
    R["cpu_us_per_route"] = round((sum(c1) - sum(c0)) * 1e6 / N, 2)
    R["rss_mb"], R["rss_peak_mb"] = rss_mb(peer.pids())
    R["cpu_by_thread_s"] = cpu_by_thread(peer.pids())
    note(R)
    ok = bool(R.get("fib_ms"))
    if ok:
        mon.say("dump")
        R["kernel_routes"] = (mon.wait("dump", 20) or {}).get("routes")

    if ok and o.move:
        note("move")
        want = len(range(7, N, o.nexthops))
        mon.drain(); mon.say(f"move 172.20.16.8 172.20.1.1 {want}")
        end, m = time.time() + 20, None
        while time.time() < end and not m:
            m = next((x for x in mon.drain() if x["ev"] in ("moved", "nexthop")), None)
            time.sleep(0.01)
        R["move_routes"], R["move_by"] = want, m and m["ev"]
        R["move_ms"] = m and round((m["t"] - m["underlay"]) / 1e6, 3)
        R["move_leads_there"] = "172.20.1.1" in sh(f"ip -n {lab.a} route get 10.0.0.7")
        ok = False
    if ok:
        # (e) single-route latency with N loaded
        note("latency")
        R["lat_add_ms"] = latencies(gen, mon, f"probe {N} {P} 10000", 1, P, True)
        R["lat_del_ms"] = latencies(gen, mon, f"unprobe {N} {P} 10000", 0, P, True)
        R["rss_idle_mb"] = rss_mb(peer.pids())[0]
        R["memory"] = peer.memory()

    # (f) crash and restart; the last K routes are not announced again
    if ok and not o.no_restart:
        note("restart")
        K = max(1, N // 100)
        peer.kill()
        gen.wait("closed", 10)
        mon.drain(); mon.say("reset"); mon.say("stats")
        b = mon.wait("stats", 10)
        R["restart_left_in_fib"] = b and b["present"]
        t0 = now()
        peer.start(restart=True)
        e = gen.wait("established", left(60))
        up = e and e["t"]
        R["restart_established_ms"] = ms(up, t0)
        if e:
            mon.say(f"target {N - K}")
            if peer.nodes: gen.say("nodes")
            gen.say(f"announce {N + 2001} 1")  # a new route ahead of all others, and one behind them
            gen.wait("sent", left(10))
            gen.say(f"announce 0 {N - K}")
            gen.wait("sent", left(60))
            gen.say(f"announce {N + 2000} 1")
            gen.say("eor")
            eor = now()
            m = in_kernel(mon, N + 2001)
            R["restart_first_after_session_ms"] = ms(m and m["t"], up)
            m = in_kernel(mon, N + 2000)
            R["restart_marker_ms"] = ms(m and m["t"], t0)
            R["restart_marker_after_session_ms"] = ms(m and m["t"], up)
            g = None
            for x in mon.log[-50:]:
                if x["ev"] == "reached" and x["present"] == N - K: g = x
            if not g: g = mon.wait("reached", left(60), present=N - K)
            R["restart_stale_gone_ms"] = ms(g and g["t"], t0)
            R["restart_stale_gone_after_eor_ms"] = ms(g and g["t"], eor)
            settle(peer.pids, left(20))
            R["restart_cpu_by_thread_s"] = cpu_by_thread(peer.pids())
            mon.say("stats")
            x = mon.wait("stats", 10)
            R["restart_fib"] = x and {q: x[q] for q in ("present", "min", "new", "replace", "del")}
            gen.say(f"withdraw {N + 2000} 2")
            gen.say(f"announce {N - K} {K}")
            mon.say(f"target {N}")
            ok = bool(mon.wait("reached", left(40), present=N))

    # (d) withdraw everything
    if ok:
        note("withdraw")
        settle(peer.pids, left(10))
        c = cpu_s(peer.pids())
        mon.say("target 0")
        gen.drain()
        gen.say(f"withdraw 0 {N}")
        s = gen.wait("sent", left(60), what="withdraw")
        f = mon.wait("reached", left(120), present=0)
        R["withdraw_ms"] = ms(f and f["t"], s and s["t_first"])
        R["withdraw_cpu_user_s"], R["withdraw_cpu_sys_s"] = (round(y - x, 2) for x, y in zip(c, settle(peer.pids, left(10))))
except Exception as ex:
    R["error"] = f"{type(ex).__name__}: {ex}"[:600]
finally:
    R["took_s"] = round(time.time() - t_run, 1)
    R["load_after"] = noise()
    if o.v:
        print(json.dumps(R.get("x", "")), sh(f"tail -n 8 {lab.dir}/*.out {lab.dir}/*.log", False), file=sys.stderr)
    lab.close()
    print(json.dumps(R))
