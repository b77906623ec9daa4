package slash32.netlink.route;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Outgoing;

/// A request about one of our routes by nexthop object, as the words of a table: {@link Route} says the same, and costs
/// ten times as much memory while a million of them are written.
///
/// @param high the prefix's first 64 bits; an IPv4 address is the upper half
/// @param priority with the prefix the route's key
/// @param nexthopId of the object that the route is to use; unused by {@link Verb#REMOVE}
/// @param mtuBytes that forwarded packets are held to as well; 0 for the link's; {@link #MTU_UNSTATED} for that too, or
///     what another IPv4 route by the same object has: the kernel then shares its metrics (fib_find_info_nh)
/// @param preferredSource the IPv4 address that packets of this host itself come from; 0 to let the kernel choose
public record NexthopRoute(
        Verb verb,
        boolean isIpv6,
        long high,
        long low,
        int prefixLength,
        int priority,
        int nexthopId,
        int mtuBytes,
        int preferredSource)
        implements Outgoing {

    /// What is asked for.
    public enum Verb {
        /// As {@link Route#create}.
        CREATE,
        /// As {@link Route#replace}.
        REPLACE,
        /// As {@link Route#remove} of our protocol.
        REMOVE
    }

    /// Nothing is said, which is the cheapest.
    public static final int MTU_UNSTATED = -1;

    private static final int HEADERS_BYTES = Nl.HEADER_BYTES + Rt.RTMSG_BYTES;
    private static final int WORD_ATTRIBUTE_BYTES = 8;
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

    /// One without an MTU or a source of its own.
    public NexthopRoute(Verb verb, boolean isIpv6, long high, long low, int prefixLength, int priority, int nexthopId) {
        this(verb, isIpv6, high, low, prefixLength, priority, nexthopId, MTU_UNSTATED, 0);
    }

    private boolean removes() {
        return verb == Verb.REMOVE;
    }

    private int addressBytes() {
        return isIpv6 ? 16 : 4;
    }

    @Override
    public int length() {
        int words = removes() ? 1 : hasSource() ? 3 : 2;
        return HEADERS_BYTES + 4 + addressBytes() + words * WORD_ATTRIBUTE_BYTES + metricsBytes();
    }

    private boolean hasSource() {
        return preferredSource != 0;
    }

    /// Of RTA_METRICS. IPv6 holds forwarded packets to an MTU that is locked alone (ip6_dst_mtu_maybe_forward).
    private int metricsBytes() {
        return removes() || mtuBytes == MTU_UNSTATED ? 0 : 4 + (isLocked() ? 2 : 1) * WORD_ATTRIBUTE_BYTES;
    }

    private boolean isLocked() {
        return isIpv6 && mtuBytes > 0;
    }

    @Override
    public void writeTo(ByteBuffer target, int sequence) {
        int flags = switch (verb) {
            case CREATE -> Nl.NLM_F_CREATE | Nl.NLM_F_EXCL;
            case REPLACE -> Nl.NLM_F_CREATE | Nl.NLM_F_REPLACE;
            case REMOVE -> 0;
        };
        target.putInt(length())
                .putInt(halves(removes() ? Rt.RTM_DELROUTE : Rt.RTM_NEWROUTE, Nl.NLM_F_REQUEST | Nl.NLM_F_ACK | flags))
                .putInt(sequence)
                .putInt(0);
        target.putInt(octets(isIpv6 ? Rt.AF_INET6 : Rt.AF_INET, prefixLength, 0, 0))
                .putInt(octets(
                        Rt.RT_TABLE_MAIN,
                        Rt.RTPROT_SLASH32,
                        removes() ? Rt.RT_SCOPE_NOWHERE : Rt.RT_SCOPE_UNIVERSE,
                        removes() ? Rt.RTN_UNSPEC : Rt.RTN_UNICAST))
                .putInt(0);
        target.putInt(halves(4 + addressBytes(), Rt.RTA_DST));
        target.putInt(inNetworkOrder((int) (high >>> 32)));
        if (isIpv6) {
            target.putInt(inNetworkOrder((int) high))
                    .putInt(inNetworkOrder((int) (low >>> 32)))
                    .putInt(inNetworkOrder((int) low));
        }
        word(target, Rt.RTA_PRIORITY, priority);
        if (!removes()) {
            word(target, Rt.RTA_NH_ID, nexthopId);
        }
        if (!removes() && hasSource()) {
            word(target, Rt.RTA_PREFSRC, inNetworkOrder(preferredSource));
        }
        if (metricsBytes() > 0) {
            target.putInt(halves(metricsBytes(), Rt.RTA_METRICS | Nl.NLA_F_NESTED));
            word(target, Rt.RTAX_MTU, mtuBytes);
            if (isLocked()) {
                word(target, Rt.RTAX_LOCK, 1 << Rt.RTAX_MTU);
            }
        }
    }

    private static void word(ByteBuffer target, int type, int value) {
        target.putInt(halves(WORD_ATTRIBUTE_BYTES, type)).putInt(value);
    }

    private static int inNetworkOrder(int word) {
        return LITTLE_ENDIAN ? Integer.reverseBytes(word) : word;
    }

    /// Two 16-bit fields as a word of this machine: one write instead of two.
    private static int halves(int first, int second) {
        return LITTLE_ENDIAN ? first | (second << 16) : (first << 16) | second;
    }

    /// Four octets as a word of this machine.
    private static int octets(int first, int second, int third, int fourth) {
        int little = first | (second << 8) | (third << 16) | (fourth << 24);
        return LITTLE_ENDIAN ? little : Integer.reverseBytes(little);
    }

    private Prefix prefix() {
        IpAddress address = isIpv6 ? new Ipv6Address(high, low) : new Ipv4Address((int) (high >>> 32));
        return new Prefix(address, prefixLength);
    }

    private Route route() {
        Ipv4Address source = hasSource() ? new Ipv4Address(preferredSource) : null;
        return new Route(prefix(), priority, Rt.RTPROT_SLASH32, Rt.RTN_UNICAST, null, null, source, nexthopId, 0);
    }

    /// As the request of {@link Route} reads.
    @Override
    public String toString() {
        return removes()
                ? "delete route " + prefix() + " metric " + priority
                : "add " + route() + (mtuBytes > 0 ? " mtu " + mtuBytes : "");
    }
}
