#!/usr/bin/env python3
"""Encrypted tunnels beside each other: one TCP stream, UDP, and an idle round trip, both ends on this machine.

esp.py try [--systems slash32,vxlan] [--links veth] [--rounds 1] [--seconds 5]   a JSON line a run
esp.py run [--rounds 5]       all into results/tunnels.jsonl, then the report
esp.py report                 docs/performance-tunnels.md from results/tunnels.jsonl

Two namespaces with a veth of MTU 1500 between them; each system in turn, in each round, with a tunnel of MTU 1400
(VXLAN: 1450).  Needs root, iperf3, ethtool, wireguard-go, wireguard-tools, strongSwan, and a built tree.
"""
import argparse, json, os, secrets, shutil, statistics, subprocess, sys, tempfile, time
from lab import HERE, ROOT, Records, provenance, recorded, spread

RESULTS = os.path.join(HERE, "results", "tunnels.jsonl")
REPORT = os.path.join(ROOT, "docs", "performance-tunnels.md")
LINKS = {"veth": "veth, which passes segments of 64 KB whole",
         "nic": "as a card without offloads: what is sent is cut in software"}
A, B = f"esp{os.getpid()}a", f"esp{os.getpid()}b"
OUTER = {A: "192.0.2.1", B: "192.0.2.2"}
INNER = {A: "10.9.0.1", B: "10.9.0.2"}
OTHER = {A: B, B: A}
WARM_UP_S, PATIENCE_S = 4, 30
UDP_BYTES = 1372  # 1400 with its headers


def sh(*words, ns=None, check=True):
    words = (["ip", "netns", "exec", ns] if ns else []) + [str(w) for w in words]
    done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout.strip()}")
    return done.stdout


def start(*words, ns, env=None, **kw):
    return subprocess.Popen(["ip", "netns", "exec", ns] + [str(w) for w in words],
                            env={**os.environ, **(env or {})}, text=True, **kw)


def until(what, holds):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.05)


def namespaces(link):
    for ns in (A, B):
        sh("ip", "netns", "add", ns)
        sh("ip", "link", "set", "lo", "up", ns=ns)
        sh("sysctl", "-qw", "net.ipv4.tcp_congestion_control=cubic", ns=ns, check=False)
    sh("ip", "link", "add", "veth0", "netns", A, "type", "veth", "peer", "name", "veth0", "netns", B)
    for ns in (A, B):
        sh("ip", "addr", "add", OUTER[ns] + "/24", "dev", "veth0", ns=ns)
        sh("ip", "link", "set", "veth0", "up", ns=ns)
        if link == "nic":
            sh("ethtool", "-K", "veth0", "tso", "off", "tx-udp-segmentation", "off", "gro", "on", ns=ns)


def inner(ns, device, mtu):
    sh("ip", "addr", "add", INNER[ns] + "/24", "dev", device, ns=ns)
    sh("ip", "link", "set", device, "mtu", mtu, "up", ns=ns)


class System:
    def __init__(self, folder):
        self.folder, self.started = folder, []

    def stop(self):
        for process in reversed(self.started):
            if process.stdin:
                process.stdin.close()
            else:
                process.terminate()
        for process in self.started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Plain(System):
    def setup(self):
        for ns in (A, B):
            sh("ip", "addr", "add", INNER[ns] + "/24", "dev", "veth0", ns=ns)


class Vxlan(System):
    def setup(self):
        for ns in (A, B):
            sh("ip", "link", "add", "vxlan0", "type", "vxlan", "id", 100, "dstport", 4789, "local", OUTER[ns],
               "remote", OUTER[OTHER[ns]], ns=ns)
            inner(ns, "vxlan0", 1450)


class Slash32(System):
    def setup(self):
        keys = ["--to-first", secrets.token_hex(36), "--to-second", secrets.token_hex(36)]
        for ns in (A, B):
            end = start(os.path.join(ROOT, "bin/slash32"), "lab", "esp-end", "esp0", OUTER[ns], OUTER[OTHER[ns]],
                        *(["--first"] if ns == A else []), *keys, ns=ns, env={"SLASH32_JIT": "full"},
                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.started.append(end)
            if end.stdout.readline().strip() != "ready":
                raise RuntimeError("slash32 lab esp-end did not start")
            inner(ns, "esp0", 1400)


class WireguardGo(System):
    def setup(self):
        private = {ns: sh("wg", "genkey").strip() for ns in (A, B)}
        public = {ns: subprocess.run(["wg", "pubkey"], input=private[ns], text=True, stdout=subprocess.PIPE,
                                     check=True).stdout.strip() for ns in (A, B)}
        for ns in (A, B):
            device = "wg" + ns[-9:]  # one name for both would be one control socket
            self.started.append(start("wireguard-go", "-f", device, ns=ns, env={"WG_PROCESS_FOREGROUND": "1"},
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            until("wireguard-go's socket", lambda: os.path.exists(f"/var/run/wireguard/{device}.sock"))
            key = os.path.join(self.folder, ns)
            with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
                file.write(private[ns])
            sh("wg", "set", device, "listen-port", 51820, "private-key", key, "peer", public[OTHER[ns]], "endpoint",
               OUTER[OTHER[ns]] + ":51820", "allowed-ips", INNER[OTHER[ns]] + "/32", ns=ns)
            inner(ns, device, 1400)


class Libipsec(System):
    """strongSwan's kernel-libipsec with the ciphers of OpenSSL."""
    def setup(self):
        psk = secrets.token_hex(16)
        for ns in (A, B):
            folder = os.path.join(self.folder, ns)
            for name in ("x509 x509ca x509crl x509aa x509ac x509ocsp pubkey private rsa ecdsa pkcs8 pkcs12 bliss "
                         "conf.d").split():
                os.makedirs(os.path.join(folder, name))
            self.write(folder, "strongswan.conf", f"""charon {{
              load = random nonce openssl pem pkcs1 pkcs8 x509 constraints pubkey kdf kernel-libipsec kernel-netlink socket-default vici
              plugins {{
                vici {{
                  socket = unix://{folder}/vici
                }}
              }}
              filelog {{
                log {{
                  path = {folder}/log
                }}
              }}
            }}""")
            self.write(folder, "swanctl.conf", f"""connections {{
              other {{
                version = 2
                local_addrs = {OUTER[ns]}
                remote_addrs = {OUTER[OTHER[ns]]}
                proposals = aes256gcm16-prfsha256-ecp256
                encap = yes
                mobike = no
                local {{
                  auth = psk
                }}
                remote {{
                  auth = psk
                }}
                children {{
                  data {{
                    local_ts = {INNER[ns]}/32
                    remote_ts = {INNER[OTHER[ns]]}/32
                    esp_proposals = aes256gcm16
                  }}
                }}
              }}
            }}
            secrets {{
              ike {{
                secret = {psk}
              }}
            }}""")
            sh("ip", "addr", "add", INNER[ns] + "/32", "dev", "lo", ns=ns)
            self.started.append(start(
                "unshare", "-m", "sh", "-c", "mount -t tmpfs none /run && exec /usr/lib/ipsec/charon", ns=ns,
                env={"STRONGSWAN_CONF": folder + "/strongswan.conf"}, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL))
            until("charon's socket", lambda: "uptime" in self.swanctl(folder, "--stats"))
            self.swanctl(folder, "--load-all")
        said = self.swanctl(os.path.join(self.folder, A), "--initiate", "--child", "data")
        if "completed successfully" not in said:
            raise RuntimeError("strongSwan: " + said)
        for ns in (A, B):
            sh("ip", "link", "set", "ipsec0", "mtu", 1400, ns=ns)

    @staticmethod
    def write(folder, name, text):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text + "\n")

    @staticmethod
    def swanctl(folder, *words):
        env = {**os.environ, "STRONGSWAN_CONF": folder + "/strongswan.conf", "SWANCTL_DIR": folder}
        return subprocess.run(["swanctl", *words, "--uri", f"unix://{folder}/vici"], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout


SYSTEMS = {"plain": Plain, "vxlan": Vxlan, "slash32": Slash32, "wireguard-go": WireguardGo, "libipsec": Libipsec}


def cpu_s():
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq = (int(w) for w in file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def iperf(seconds, *options):
    end = time.monotonic() + PATIENCE_S
    while True:
        said = sh("iperf3", "-J", "-c", INNER[B], "-B", INNER[A], "-t", seconds, *options, ns=A, check=False)
        try:
            result = json.loads(said[said.find("{"):])["end"]  # a warning may come first
            result["sum" if "-u" in options else "sum_received"]  # absent after an error
            return result
        except (ValueError, KeyError):
            if "busy" not in said or time.monotonic() > end:  # with the end of the test before
                raise RuntimeError("iperf3: " + said[-500:]) from None
            time.sleep(0.2)


def measure(name, seconds, link):
    folder = tempfile.mkdtemp(prefix="esp-bench-")
    load = os.getloadavg()[0]
    system = SYSTEMS[name](folder)
    server = None
    try:
        namespaces(link)
        system.setup()
        until(name + " carries a ping", lambda: " 0% packet loss" in
              sh("ping", "-c", 1, "-W", 1, "-I", INNER[A], INNER[B], ns=A, check=False))
        server = start("iperf3", "-s", "-B", INNER[B], ns=B, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("iperf3 listens", lambda: ":5201" in sh("ss", "-ltn", ns=B))
        iperf(WARM_UP_S)
        busy, began = cpu_s(), time.monotonic()
        tcp = iperf(seconds)
        cores = (cpu_s() - busy) / (time.monotonic() - began)
        iperf(1, "-u", "-b", 0, "-l", UDP_BYTES)
        udp = iperf(seconds, "-u", "-b", 0, "-l", UDP_BYTES)["sum"]
        time.sleep(0.5)
        ping = sh("ping", "-q", "-c", 100, "-i", 0.01, "-I", INNER[A], INNER[B], ns=A)
        return {
            "system": name, "link": link, "load_before": load,
            "tcp_gbit_s": round(tcp["sum_received"]["bits_per_second"] / 1e9, 3),
            "retransmits": tcp["sum_sent"]["retransmits"], "cores": round(cores, 2),
            "udp_gbit_s": round(udp["bits_per_second"] * (1 - udp["lost_percent"] / 100) / 1e9, 3),
            "udp_lost_percent": round(udp["lost_percent"], 1),
            "rtt_ms": float(ping.rsplit("=", 1)[1].split("/")[1]),
        }
    finally:
        if server:
            server.terminate()
            server.wait()
        system.stop()
        for ns in (A, B):
            sh("ip", "netns", "del", ns, check=False)
        shutil.rmtree(folder)


def runs_of(o):
    for _ in range(o.rounds):
        for link in o.links:
            for name in o.systems:
                yield measure(name, o.seconds, link)


# of one figure: what it is called, its key, and whether more of it is better
FIGURES = [("one TCP stream, Gbit/s", "tcp_gbit_s", True), ("UDP of 1,400 octets, Gbit/s", "udp_gbit_s", True),
           ("idle round trip, ms", "rtt_ms", False)]
GOALS = {"wireguard-go": 2, "libipsec": 5, "vxlan": 0.5}


def report():
    runs = recorded(RESULTS)
    with open(os.path.join(HERE, "esp-head.md")) as f:
        out = f.read()
    out += f"\n{provenance(runs)}. Medians, and [least-most].\n"
    for link, shown in LINKS.items():
        of = {name: [r for r in runs if r["link"] == link and r["system"] == name] for name in SYSTEMS}
        if not all(of.values()):
            continue
        out += f"\n## Link: {shown}\n| what | runs | " + " | ".join(SYSTEMS) + " | " + " | ".join(
            f"times {name} (goal {goal})" for name, goal in GOALS.items()) + " |\n" + "|---" * (2 + len(SYSTEMS) + len(GOALS)) + "|\n"
        for what, key, more in FIGURES:
            median = {name: statistics.median(r[key] for r in of[name]) for name in SYSTEMS}
            times = {name: median["slash32"] / median[name] if more else median[name] / median["slash32"] for name in GOALS}
            out += (f"| {what} | {len(of['slash32'])} | " + " | ".join(spread([r[key] for r in of[name]], 2 if more else 3) for name in SYSTEMS)
                    + " | " + " | ".join(f"**{times[name]:.2f}** {'met' if times[name] >= goal else 'missed'}" for name, goal in GOALS.items()) + " |\n")
        for what, key, digits in (("cores that the TCP stream took, both ends", "cores", 2), ("segments sent again", "retransmits", 0)):
            out += (f"| {what} | {len(of['slash32'])} | " + " | ".join(spread([r[key] for r in of[name]], digits) for name in SYSTEMS)
                    + " | " * (len(GOALS) + 1) + "\n")
    with open(REPORT, "w") as f:
        f.write(out)
    print(REPORT)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["try", "run", "report"])
    parser.add_argument("--seconds", type=int, default=5, help="of each stream (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the medians are shown (%(default)s)")
    parser.add_argument("--systems", type=lambda text: text.split(","), default=list(SYSTEMS))
    parser.add_argument("--links", type=lambda text: text.split(","), default=list(LINKS))
    o = parser.parse_args()
    if o.what == "try":
        for record in runs_of(o):
            print(json.dumps(record), flush=True)
    elif o.what == "run":
        records = Records(RESULTS, fresh=True)
        for record in runs_of(o):
            records.add(record)
    if o.what != "try":
        report()


if __name__ == "__main__":
    sys.exit(main())
