package slash32.overlay.esp.xfrm;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.xfrm.XfrmSelector;
import slash32.overlay.ike.wire.TrafficSelector;

/// Traffic selectors, which are ranges, as the kernel's, which are prefixes and one port or all. What can't be said
/// that way is left out: no policy lets it pass then.
final class Selectors {
    /// Of one Child SA and direction; ranges that need more are not meant well.
    private static final int MOST = 256;

    private static final int LAST_PORT = 65_535;

    private Selectors() {}

    /// Of packets that go out.
    static List<XfrmSelector> outbound(List<TrafficSelector> local, List<TrafficSelector> remote) {
        var all = new ArrayList<XfrmSelector>();
        for (TrafficSelector from : local) {
            for (TrafficSelector to : remote) {
                if (all.size() <= MOST && canBeSaid(from) && canBeSaid(to) && fit(from, to)) {
                    add(from, to, all);
                }
            }
        }
        return all.size() > MOST ? List.of() : all;
    }

    private static void add(TrafficSelector from, TrafficSelector to, List<XfrmSelector> all) {
        int protocol = from.protocol() == 0 ? to.protocol() : from.protocol();
        List<Prefix> destinations = prefixes(to.start(), to.end());
        for (Prefix source : prefixes(from.start(), from.end())) {
            for (Prefix destination : destinations) {
                all.add(new XfrmSelector(source, destination, protocol, port(from), port(to)));
            }
        }
    }

    private static boolean fit(TrafficSelector from, TrafficSelector to) {
        return from.start().isIpv4() == to.start().isIpv4()
                && (from.protocol() == 0 || to.protocol() == 0 || from.protocol() == to.protocol());
    }

    private static boolean canBeSaid(TrafficSelector selector) {
        boolean all = selector.startPort() == 0 && selector.endPort() == LAST_PORT;
        return all || (selector.startPort() == selector.endPort() && selector.startPort() != 0);
    }

    private static int port(TrafficSelector selector) {
        return selector.startPort() == selector.endPort() ? selector.startPort() : 0;
    }

    /// The prefixes that cover the range from {@code start} to {@code end} and no more, in order.
    static List<Prefix> prefixes(IpAddress start, IpAddress end) {
        var found = new ArrayList<Prefix>();
        int bits = start.bits();
        var at = new BigInteger(1, start.toArray());
        var last = new BigInteger(1, end.toArray());
        while (at.compareTo(last) <= 0) {
            BigInteger left = last.subtract(at).add(BigInteger.ONE);
            int aligned = at.signum() == 0 ? bits : at.getLowestSetBit();
            int free = Math.min(aligned, left.bitLength() - 1);
            found.add(new Prefix(address(at, bits / Byte.SIZE), bits - free));
            at = at.add(BigInteger.ONE.shiftLeft(free));
        }
        return found;
    }

    private static IpAddress address(BigInteger value, int length) {
        byte[] magnitude = value.toByteArray();
        byte[] octets = new byte[length];
        int used = Math.min(length, magnitude.length);
        System.arraycopy(magnitude, magnitude.length - used, octets, length - used, used);
        return IpAddress.of(octets);
    }
}
