package slash32.overlay.esp.xfrm;

import static slash32.overlay.esp.xfrm.VmScenario.eventually;
import static slash32.overlay.esp.xfrm.VmScenario.in;
import static slash32.overlay.esp.xfrm.VmScenario.inside;
import static slash32.overlay.esp.xfrm.VmScenario.must;
import static slash32.overlay.esp.xfrm.VmScenario.pings;
import static slash32.overlay.esp.xfrm.VmScenario.used;

import java.util.HexFormat;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.device.NodeDevices;
import slash32.overlay.esp.path.End;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.testkit.Command;
import slash32.testkit.NamedNetns;

/// A tunnel of IP in IP whose packets ESP of transport mode seals, set up by hand with the keys of a Child SA, against
/// our tunnel mode: on the wire they are one (RFC 3884).
final class IpInIp {
    private static final String HERE = "172.18.0.1";
    private static final String THERE = "172.18.0.2";

    private IpInIp() {}

    /// Leaves {@code b} stopped.
    static void scenario(End a, End b) throws Exception {
        b.attach(a); // it has let go of it
        eventually(() -> pings(2).contains("2 received"), "there are keys again");
        ChildSa child = used(b).child();
        b.stop();
        in("b", "ip xfrm state flush");
        in("b", "ip xfrm policy flush");
        BatchUdpSocket socket = NamedNetns.call("b", () -> BatchUdpSocket.bindForKernelEsp(b.external, 4_500));
        try {
            state(b, a, child.outboundSpi(), child.outboundKey(), "replay-oseq 1000");
            state(a, b, child.inboundSpi(), child.inboundKey(), "");
            policy(b, a, "out");
            policy(a, b, "in");
            in("b", "ip link add ipip1 type ipip local " + b.external + " remote " + a.external);
            in("b", "ip addr add " + THERE + "/32 dev ipip1");
            in("b", "ip link set ipip1 up");
            in("b", "ip route add " + HERE + "/32 dev ipip1 src " + THERE);
            in("a", "ip addr add " + HERE + "/32 dev lo");
            in(
                    "a",
                    "ip route add " + THERE + "/32 via " + b.underlay + " dev " + NodeDevices.Kind.XFRM.name(b.underlay)
                            + " onlink src " + HERE);
            String ping = Command.tryRun(inside("a", "ping", "-qnc", "3", "-i", "0.2", "-W", "5", THERE))
                    .output();
            must(ping.contains("3 received"), "tunnel mode is IP in IP sealed in transport mode");
        } finally {
            socket.close();
        }
        in("b", "ip link del ipip1");
        in("b", "ip xfrm state flush");
    }

    private static void state(End from, End to, int spi, Secret key, String more) {
        String text = "ip xfrm state add src " + from.external + " dst " + to.external + " proto esp spi 0x"
                + HexFormat.of().toHexDigits(spi) + " mode transport replay-window 64 " + more + " flag esn";
        Command.run(inside(
                "b",
                "sh",
                "-c",
                text + " aead 'rfc4106(gcm(aes))' 0x" + HexFormat.of().formatHex(key.toArray())
                        + " 128 encap espinudp 4500 4500 0.0.0.0"));
    }

    private static void policy(End from, End to, String direction) {
        in(
                "b",
                "ip xfrm policy add src " + from.external + "/32 dst " + to.external + "/32 proto 4 dir " + direction
                        + " tmpl src " + from.external + " dst " + to.external + " proto esp mode transport");
    }
}
