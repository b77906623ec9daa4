"""Shared parts of the benchmark: namespaces, JSON-line children, CPU and RSS."""
import json, os, queue, signal, statistics, subprocess, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.join(HERE, "bin")
ROOT = os.path.dirname(os.path.dirname(HERE))
TICK = os.sysconf("SC_CLK_TCK")


def now():
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC)


def sh(cmd, check=True):
    r = subprocess.run(cmd, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
    if check and r.returncode:
        raise RuntimeError(f"{cmd}: {r.stdout}")
    return r.stdout


class Records:
    """What runs gave, a JSON line each, with the commit and when it was."""

    def __init__(self, path, fresh=False):
        self.path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if fresh and os.path.exists(path):
            os.unlink(path)
        self.commit = sh(f"git -C {ROOT} rev-parse --short HEAD").strip()

    def add(self, record):
        record.update(commit=self.commit, at=time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()))
        print(json.dumps(record), flush=True)
        with open(self.path, "a") as f:
            f.write(json.dumps(record) + "\n")


def recorded(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f if line.strip()]


def provenance(runs):
    loads = [r["load_before"] for r in runs if "load_before" in r]
    return (f"Runs of {min(r['at'] for r in runs)} to {max(r['at'] for r in runs)}, commits "
            f"{', '.join(dict.fromkeys(r['commit'] for r in runs))}, {os.cpu_count()} cores, Linux {os.uname().release}; load average "
            f"before a run: median {statistics.median(loads):.2f}, at most {max(loads):.2f}")


def spread(values, digits=2):
    text = f"{statistics.median(values):.{digits}f}"
    return text if min(values) == max(values) else f"{text} [{min(values):.{digits}f}-{max(values):.{digits}f}]"


class Lab:
    """Two namespaces A (daemon under test) and B (bgpgen) joined by a veth."""

    def __init__(self):
        p = os.getpid()
        self.a, self.b = f"ba{p}", f"bb{p}"
        self.dir = f"/run/bgpbench{p}"
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o777)
        sh(f"""set -e
        ip netns add {self.a}; ip netns add {self.b}
        ip link add a0 netns {self.a} type veth peer name b0 netns {self.b}
        ip -n {self.a} link set lo up; ip -n {self.b} link set lo up
        ip -n {self.a} addr add 172.20.0.2/16 dev a0; ip -n {self.a} link set a0 up
        ip -n {self.b} addr add 172.20.0.1/16 dev b0; ip -n {self.b} link set b0 up
        ip -n {self.a} addr add fd00:20::2/64 dev a0 nodad; ip -n {self.b} addr add fd00:20::1/64 dev b0 nodad
        for i in $(seq 1 32); do ip -n {self.b} addr add 172.20.1.$i/16 dev b0; done
        ip netns exec {self.a} sysctl -qw net.ipv4.ip_forward=1
        """)
        self.namespaces, self.children = [self.a, self.b], []

    def spawn(self, ns, argv, **kw):
        p = subprocess.Popen(["ip", "netns", "exec", ns] + argv, stdin=kw.pop("stdin", subprocess.DEVNULL), **kw)
        self.children.append(p)
        return p

    def close(self):
        for p in self.children:
            if p.poll() is None:
                p.terminate()
        t = time.time() + 5
        for p in self.children:
            try:
                p.wait(max(0.1, t - time.time()))
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
        for n in self.namespaces:
            # only processes inside our own namespaces
            for pid in sh(f"ip netns pids {n}", False).split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except (ProcessLookupError, ValueError):
                    pass
            sh(f"ip netns del {n}", False)
        sh(f"rm -rf {self.dir}", False)


class Child:
    """A helper that answers with JSON lines (bgpgen, fibmon)."""

    def __init__(self, lab, ns, argv):
        self.p = lab.spawn(ns, argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.q = queue.Queue()
        self.log = []
        self.name = os.path.basename(argv[0])
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.p.stdout:
            try:
                e = json.loads(line)
            except ValueError:
                continue
            self.q.put(e)
        self.q.put(None)

    def say(self, cmd):
        self.p.stdin.write(cmd + "\n")
        self.p.stdin.flush()

    def wait(self, want, timeout, **match):
        """Next event named want (with matching fields), others are logged."""
        end = time.time() + timeout
        while True:
            left = end - time.time()
            if left <= 0:
                return None
            try:
                e = self.q.get(timeout=left)
            except queue.Empty:
                return None
            if e is None:
                raise RuntimeError(f"{self.name} ended")
            self.log.append(e)
            if e["ev"] == want and all(e.get(k) == v for k, v in match.items()):
                return e

    def drain(self):
        out = []
        while True:
            try:
                e = self.q.get_nowait()
            except queue.Empty:
                return out
            if e is not None:
                self.log.append(e)
                out.append(e)


def proc_tree(pid):
    """pid and its descendants."""
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        try:
            for t in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{t}/children") as f:
                    todo += [int(x) for x in f.read().split()]
        except OSError:
            pass
    return out


def cpu_s(pids):
    """(user, system) seconds of the given processes."""
    u = s = 0
    for p in pids:
        try:
            with open(f"/proc/{p}/stat") as f:
                w = f.read().rsplit(")", 1)[1].split()
            u += int(w[11]); s += int(w[12])
        except OSError:
            pass
    return u / TICK, s / TICK


def cpu_by_thread(pids):
    """CPU seconds by thread name, the ten that used most."""
    t = {}
    for p in pids:
        try:
            for k in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{k}/stat") as f:
                    name, w = f.read().split("(", 1)[1].rsplit(")", 1)
                t[name] = t.get(name, 0) + (int(w.split()[11]) + int(w.split()[12])) / TICK
        except OSError:
            pass
    return {k: round(v, 2) for k, v in sorted(t.items(), key=lambda x: -x[1])[:10]}


def cpu_ns(pids):
    """Nanoseconds of CPU by thread name."""
    t = {}
    for p in pids:
        try:
            for k in os.listdir(f"/proc/{p}/task"):
                with open(f"/proc/{p}/task/{k}/schedstat") as f, open(f"/proc/{p}/task/{k}/comm") as g:
                    name = g.read().strip()
                    t[name] = t.get(name, 0) + int(f.read().split()[0])
        except OSError:
            pass
    return t


def cpu_us_each(before, after, count):
    """What each of count events cost between two calls of cpu_ns, in us by thread, those of 1 us and more; and in all."""
    d = {k: (v - before.get(k, 0)) / 1e3 / max(1, count) for k, v in after.items()}
    return {"all": round(sum(d.values()), 1), **{k: round(v, 1) for k, v in sorted(d.items(), key=lambda x: -x[1]) if v >= 1}}


def rss_mb(pids):
    """(sum of VmRSS, sum of VmHWM) in MiB."""
    r = h = 0
    for p in pids:
        try:
            with open(f"/proc/{p}/status") as f:
                for l in f:
                    if l.startswith("VmRSS"): r += int(l.split()[1])
                    if l.startswith("VmHWM"): h += int(l.split()[1])
        except OSError:
            pass
    return round(r / 1024, 1), round(h / 1024, 1)


def settle(pids_fn, limit=20.0):
    """Wait until the daemon uses < 5 % CPU for 0.6 s; returns CPU totals."""
    end = time.time() + limit
    quiet = 0
    last = sum(cpu_s(pids_fn()))
    while time.time() < end and quiet < 3:
        time.sleep(0.2)
        c = sum(cpu_s(pids_fn()))
        quiet = quiet + 1 if c - last <= 0.01 else 0
        last = c
    return cpu_s(pids_fn())


def pct(v, q):
    v = sorted(v)
    return v[min(len(v) - 1, int(q * len(v)))] if v else None


def noise():
    with open("/proc/loadavg") as f:
        return float(f.read().split()[0])
