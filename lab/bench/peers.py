"""Adapters: how to configure, start, observe and kill each BGP speaker.

role "fib": iBGP client of the reflector 172.20.0.1, installs in the kernel.
role "rr":  route reflector with clients 172.20.0.1 and 172.20.1.1..K, no FIB.
"""
import json, os, re, signal, socket, subprocess, time
from lab import ROOT, proc_tree, sh

A, B, AS = "172.20.0.2", "172.20.0.1", 64512


def clients(k):
    return [B] + [f"172.20.1.{i}" for i in range(1, k + 1)]


class Peer:
    name = "?"
    fib = True
    poll = 0.1
    nodes = False       # wants to be told each next hop's site first
    v6 = False          # IPv6 unicast instead of IPv4
    learn = False       # resolves next hops through routes that others install

    def __init__(self, lab, role, k=0):
        self.lab, self.role, self.k = lab, role, k
        self.procs = []

    def write(self, name, text):
        p = os.path.join(self.lab.dir, name)
        with open(p, "w") as f:
            f.write(text)
        os.chmod(p, 0o644)
        return p

    def run(self, argv, log):
        f = open(os.path.join(self.lab.dir, log), "ab")
        p = self.lab.spawn(self.lab.a, argv, stdout=f, stderr=f)
        self.procs.append(p)
        return p

    def pids(self):
        return [x for p in self.procs if p.poll() is None for x in proc_tree(p.pid)]

    def kill(self):
        """Crash: SIGKILL every process of the daemon."""
        ps = self.pids()
        for p in ps:
            try:
                os.kill(p, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for p in self.procs:
            p.wait()
        self.procs = []

    def collect(self):
        """Has it let go of garbage, so that what is resident is what it holds."""

    def rib(self):
        return None

    def memory(self):
        """Octets of its tables and areas by name, as it says itself."""


class Slash32(Peer):
    """This project's agent, as `make build` left it."""
    name = "slash32"
    nodes = True
    families = None

    def collect(self):
        jdk = sh(f"{ROOT}/bin/find-jdk").strip()
        for pid in self.pids():
            sh(f"{jdk}/bin/jcmd {pid} GC.run", False)

    def memory(self):
        said = json.loads(sh(f"curl -sS --fail-with-body --unix-socket {self.lab.dir}/agent.sock http://agent/v1/memory"))
        tables = {t["name"]: t["octets"] for t in said["tables"] if t.get("octets") and t["entries"] > 1000}
        heap = said["heap"]
        rest = {"other objects": heap["used"] - sum(tables.values()), "heap, unused": heap["committed"] - heap["used"], **said["areas"]}
        return {**tables, **rest, "all resident": said["resident"]["octets"], "of files": said["resident"]["file"]}

    def start(self, restart=False):
        d = self.lab.dir
        if self.role == "rr":
            p = self.write("reflector.yaml", f"""name: bench
asn: {AS}
routerId: {A}
listen: ["{A}:179"]
peerRanges:
  - {{prefix: 172.20.0.0/16, families: [ipv4-unicast]}}
metrics: {{listen: "127.0.0.1:9933"}}
api: {{socket: {d}/reflector.sock}}
""")
            self.run([f"{ROOT}/bin/slash32", "reflector", "--config", p], "reflector.out")
            return
        families = self.families or ["ipv6-unicast" if self.v6 else "ipv4-unicast"]
        p = self.write("agent.yaml", f"""node: bench
site: {{id: 1}}
asn: {AS}
underlay: {{address: {A}, address6: "fd00:20::2"}}
peers:
  - {{address: {B}, families: [{", ".join(families)}], passive: true}}
metrics: {{listen: "127.0.0.1:9932"}}
api: {{socket: {d}/agent.sock}}
stateDirectory: {d}/state
""")
        self.run([f"{ROOT}/bin/slash32", "agent", "--config", p], "agent.out")


class Bird(Peer):
    """bird 2: recursive next hops resolved over the connected /16."""
    name = "bird"
    bgp_fib = ""

    def start(self, restart=False):
        d = self.lab.dir
        nb = clients(self.k) if self.role == "rr" else [B]
        c = f"""log "{d}/bird.log" all;
router id {A};
graceful restart wait 30;
protocol device {{ }}
protocol direct {{ ipv4; interface "a0"; }}
"""
        ip = "ipv6" if self.v6 else "ipv4"
        if self.v6:
            c += 'protocol direct { ipv6; interface "a0"; }\n'
        if self.role == "fib":
            foreign = "learn; {} {{ import all;" if self.learn else "{} {{ import none;"
            c += f"protocol kernel {{ persist; graceful restart on; {foreign.format(ip)} export where source = RTS_BGP; }}; }}\n"
        for i, n in enumerate(nb):
            rr = "rr client;" if self.role == "rr" else ""
            ex = "export where source = RTS_BGP;" if self.role == "rr" else "export none;"
            c += f"protocol bgp p{i} {{ local {A} as {AS}; neighbor {n} as {AS}; passive yes; graceful restart on; {rr} {self.bgp_fib} {ip} {{ import all; {ex} }}; }}\n"
        p = self.write("bird.conf", c)
        self.run(["bird", "-f", "-c", p, "-s", f"{d}/bird.ctl", "-P", f"{d}/bird.pid"] + (["-R"] if restart else []), "bird.out")

    def rib(self):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.settimeout(5)
            s.connect(f"{self.lab.dir}/bird.ctl")
            s.recv(4096)
            s.sendall(b"show protocols all p0\n")
            b = b""
            while not re.search(rb"^(0000|[89]\d\d\d) ", b, re.M):
                r = s.recv(65536)
                if not r:
                    break
                b += r
                if b.endswith(b"0000 \n"):
                    break
            s.close()
            m = re.search(rb"Routes:\s+(\d+) imported", b)
            return int(m.group(1)) if m else 0
        except OSError:
            return None


class BirdDirect(Bird):
    """bird with 'direct; gateway direct' (no recursive resolution)."""
    name = "bird-direct"
    bgp_fib = "direct;"


class Frr(Peer):
    """FRR zebra + bgpd, traditional defaults.  No 'bgp graceful-restart': in
    8.4.4 its deferred best path selection does 10k routes a second (see
    FrrGr); zebra -K keeps the kernel's routes over a restart."""
    name = "frr"
    gr = ""
    zebra_opts = []

    def zebra(self, restart):
        d = self.lab.dir
        sh(f"chown frr:frr {d}")
        z = self.write("zebra.conf", "hostname z\nlog file %s/zebra.log warnings\nip nht resolve-via-default\n" % d)
        self.run(["/usr/lib/frr/zebra", "-f", z, "-z", f"{d}/zserv.api", "--vty_socket", d, "-i", f"{d}/zebra.pid", "-P", "0", "-s", "90000000",
                  "-u", "frr", "-g", "frr"] + self.zebra_opts + (["-K", "10"] if restart else []), "zebra.out")
        end = time.time() + 10
        while time.time() < end and not os.path.exists(f"{d}/zserv.api"):
            time.sleep(0.02)

    def start(self, restart=False):
        d = self.lab.dir
        for f in ("zserv.api",):
            if os.path.exists(f"{d}/{f}"):
                os.unlink(f"{d}/{f}")
        self.zebra(restart)
        nb = clients(self.k) if self.role == "rr" else [B]
        c = f"hostname b\nlog file {d}/bgpd.log warnings\nrouter bgp {AS}\n bgp router-id {A}\n{self.gr} no bgp ebgp-requires-policy\n"
        for n in nb:
            c += f" neighbor {n} remote-as {AS}\n neighbor {n} passive\n"
        c += f" address-family {'ipv6' if self.v6 else 'ipv4'} unicast\n"
        for n in nb:
            c += f"  neighbor {n} activate\n" + (f"  neighbor {n} route-reflector-client\n" if self.role == "rr" else "")
        p = self.write("bgpd.conf", c)
        self.run(["/usr/lib/frr/bgpd", "-f", p, "-z", f"{d}/zserv.api", "--vty_socket", d, "-i", f"{d}/bgpd.pid", "-P", "0", "-u", "frr", "-g", "frr"]
                 + (["-n"] if self.role == "rr" else []), "bgpd.out")

    def vty(self, cmd):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(20)
        s.connect(f"{self.lab.dir}/bgpd.vty")
        out = b""
        for c in ("enable", cmd):
            s.sendall(c.encode() + b"\0")
            out = b""
            while not (len(out) >= 4 and out[-4:-1] == b"\0\0\0"):
                r = s.recv(65536)
                if not r:
                    break
                out += r
        s.close()
        return out

    def rib(self):
        try:
            family = "ipv6" if self.v6 else "ipv4"
            m = re.search(rb'"%s":\{.*?"pfxRcd":(\d+)' % B.encode(), re.sub(rb"\s", b"", self.vty(f"show bgp {family} unicast summary json")))
            return int(m.group(1)) if m else 0
        except OSError:
            return None


class FrrGr(Frr):
    name = "frr-gr"
    gr = " bgp graceful-restart\\n bgp graceful-restart preserve-fw-state\\n".replace("\\n", chr(10))


class Gobgp(Frr):
    """gobgpd 3.10: has no netlink FIB of its own, so RIB only."""
    name = "gobgp"
    fib = False
    with_zebra = False
    poll = 0.3

    def start(self, restart=False):
        d = self.lab.dir
        if os.path.exists(f"{d}/zserv.api"):
            os.unlink(f"{d}/zserv.api")
        c = f'[global.config]\n as = {AS}\n router-id = "{A}"\n local-address-list = ["{A}"]\n'
        if self.with_zebra and self.role == "fib":
            self.zebra(restart)
            c += f'[zebra.config]\n enabled = true\n url = "unix:{d}/zserv.api"\n version = 6\n redistribute-route-type-list = []\n'
        for n in (clients(self.k) if self.role == "rr" else [B]):
            c += f'[[neighbors]]\n [neighbors.config]\n  neighbor-address = "{n}"\n  peer-as = {AS}\n [neighbors.transport.config]\n  passive-mode = true\n  local-address = "{A}"\n'
            if self.role == "rr":
                c += f' [neighbors.route-reflector.config]\n  route-reflector-client = true\n  route-reflector-cluster-id = "{A}"\n'
            c += ' [[neighbors.afi-safis]]\n  [neighbors.afi-safis.config]\n   afi-safi-name = "ipv4-unicast"\n'
        p = self.write("gobgpd.toml", c)
        self.run(["gobgpd", "-f", p, "--api-hosts", "127.0.0.1:50051", "-l", "warn"], "gobgpd.out")

    def rib(self):
        try:
            o = subprocess.run(["ip", "netns", "exec", self.lab.a, "gobgp", "-j", "neighbor", B], capture_output=True, timeout=20).stdout
            m = re.search(rb'"received":(\d+),"accepted":(\d+)|"received":(\d+)', o)
            return int(m.group(1) or m.group(3)) if m else 0
        except (OSError, subprocess.TimeoutExpired):
            return None


class GobgpZebra(Gobgp):
    """gobgpd through FRR's zebra: 3.10 panics on zebra 8.4.4's messages."""
    name = "gobgp-zebra"
    fib = True
    with_zebra = True


class Openbgpd(Peer):
    """OpenBGPD portable: no FIB on Linux, so role rr only (fib = RIB only)."""
    name = "openbgpd"
    fib = False
    poll = 0.3

    def start(self, restart=False):
        d = self.lab.dir
        c = f'AS {AS}\nrouter-id {A}\nlisten on {A}\nsocket "{d}/bgpd.sock"\nfib-update no\nnexthop qualify via default\n'
        for n in (clients(self.k) if self.role == "rr" else [B]):
            c += f'neighbor {n} {{\n remote-as {AS}\n passive\n announce IPv4 unicast\n' + (" route-reflector\n" if self.role == "rr" else "") + "}\n"
        c += "allow from any\n" + ("allow to any\n" if self.role == "rr" else "")
        p = self.write("bgpd.conf", c)
        os.chmod(p, 0o600)
        os.makedirs("/run/openbgpd", exist_ok=True)
        os.chmod("/run/openbgpd", 0o755)
        self.run(["/usr/sbin/bgpd", "-d", "-f", p], "openbgpd.out")

    def rib(self):
        try:
            o = subprocess.run(["bgpctl", "-s", f"{self.lab.dir}/bgpd.sock", "show", "neighbor", B], capture_output=True, timeout=20).stdout
            m = re.search(rb"Prefixes\s+\d+\s+(\d+)", o)
            return int(m.group(1)) if m else 0
        except (OSError, subprocess.TimeoutExpired):
            return None


PEERS = {c.name: c for c in (Slash32, Bird, BirdDirect, Frr, FrrGr, Gobgp, GobgpZebra, Openbgpd)}
