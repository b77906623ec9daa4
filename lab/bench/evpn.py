"""A BGP speaker that announces what many VTEPs of one segment would: node routes, types 2 and 3 (RFC 7432, 8365)."""
import socket, struct, threading

VXLAN = 8  # tunnel type of RFC 9012
INGRESS_REPLICATION = 6


def message(kind, body):
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


def attribute(flags, code, value):
    return struct.pack("!BBH", flags | 0x10, code, len(value)) + value


class Generator:
    """One iBGP session to a reflector, over which VTEPs' routes go; what comes back is dropped."""

    def __init__(self, local, peer, asn, vni):
        self.asn, self.vni = asn, vni
        self.socket = socket.create_connection((peer, 179), 10, (local, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        capabilities = b"".join(bytes([2, len(c) + 1]) + bytes([c[0], len(c) - 1]) + c[1:] for c in (
            struct.pack("!BHBB", 1, 1, 0, 1), struct.pack("!BHBB", 1, 25, 0, 70), struct.pack("!BI", 65, asn)))
        hold_time = 0  # no KEEPALIVEs
        self.socket.sendall(message(1, struct.pack("!BHH4sB", 4, asn, hold_time, socket.inet_aton(local),
                                                   len(capabilities)) + capabilities))
        for kind in (1, 4):
            got = self.receive()
            if got != kind:
                raise RuntimeError(f"the reflector sent message type {got} instead of {kind}")
            if kind == 1:
                self.socket.sendall(message(4, b""))
        self.socket.settimeout(None)
        threading.Thread(target=self.drop, daemon=True).start()

    def receive(self):
        head = self.exactly(19)
        length, kind = struct.unpack("!HB", head[16:])
        self.exactly(length - 19)
        return kind

    def exactly(self, count):
        octets = b""
        while len(octets) < count:
            more = self.socket.recv(count - len(octets))
            if not more:
                raise RuntimeError("the reflector closed the session")
            octets += more
        return octets

    def drop(self):
        try:
            while self.socket.recv(1 << 16):
                pass
        except OSError:
            pass

    def common(self, communities=b""):
        return (attribute(0x40, 1, b"\0") + attribute(0x40, 2, b"") + attribute(0x40, 5, struct.pack("!I", 100))
                + (attribute(0xc0, 16, communities) if communities else b""))

    def of_segment(self, sequence):
        """Route target, encapsulation, and MAC mobility if the MAC has moved."""
        return self.common(struct.pack("!BBHI", 0, 2, self.asn & 0xffff, self.vni) + struct.pack("!BBIH", 3, 12, 0, VXLAN)
                           + (struct.pack("!BBBBI", 6, 0, 0, 0, sequence) if sequence else b""))

    def update(self, attributes):
        return message(2, struct.pack("!HH", 0, len(attributes)) + attributes)

    def reach(self, vtep, nlri):
        return attribute(0x80, 14, struct.pack("!HBB4sB", 25, 70, 4, socket.inet_aton(vtep), 0) + nlri)

    def distinguisher(self, vtep):
        return struct.pack("!H4sH", 1, socket.inet_aton(vtep), self.vni & 0xffff)

    def mac_ip(self, vtep, mac, address):
        ip = socket.inet_aton(address) if address else b""
        body = (self.distinguisher(vtep) + bytes(10) + struct.pack("!IB", 0, 48) + mac + bytes([8 * len(ip)]) + ip
                + self.vni.to_bytes(3, "big"))
        return bytes([2, len(body)]) + body

    def node_route(self, vtep):
        """The VTEP's own address with its site, 1."""
        attributes = (self.common() + attribute(0x40, 3, socket.inet_aton(vtep))
                      + attribute(0xc0, 32, struct.pack("!III", self.asn, 1, 1)))
        return message(2, struct.pack("!HH", 0, len(attributes)) + attributes + b"\x20" + socket.inet_aton(vtep))

    def flooding(self, vtep):
        body = self.distinguisher(vtep) + struct.pack("!IB", 0, 32) + socket.inet_aton(vtep)
        pmsi = struct.pack("!BB", 0, INGRESS_REPLICATION) + self.vni.to_bytes(3, "big") + socket.inet_aton(vtep)
        return self.update(self.of_segment(0) + attribute(0xc0, 22, pmsi) + self.reach(vtep, bytes([3, len(body)]) + body))

    def has(self, vtep, macs, sequence=0):
        """A VTEP has MACs, each with an address: two routes each, in as few UPDATEs as hold them."""
        routes = [self.mac_ip(vtep, mac, address) for mac, ip in macs for address in (None, ip)]
        return b"".join(self.update(self.of_segment(sequence) + self.reach(vtep, b"".join(routes[i:i + 80])))
                        for i in range(0, len(routes), 80))

    def has_no_more(self, vtep, macs):
        routes = b"".join(self.mac_ip(vtep, mac, address) for mac, ip in macs for address in (None, ip))
        return self.update(attribute(0x80, 15, struct.pack("!HB", 25, 70) + routes))

    def say(self, octets):
        self.socket.sendall(octets)
