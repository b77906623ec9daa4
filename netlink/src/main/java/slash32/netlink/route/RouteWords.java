package slash32.netlink.route;

import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;

/// The route of a message as words, read into the same place each time: what {@link Route} says of one by nexthop
/// object, without an object for each of a million.
public final class RouteWords {
    private long high;
    private long low;
    private int length;
    private int protocol;
    private int table;
    private int priority;
    private int nexthopId;
    private int mtuBytes;
    private int preferredSource;

    /// Takes the route in an RTM_NEWROUTE or RTM_DELROUTE message.
    ///
    /// @return false if it is of another family or table than those of {@link Route}
    public boolean read(Message message) {
        int end = message.payloadLength();
        if (end < Rt.RTMSG_BYTES) {
            return false;
        }
        int family = message.u8(0);
        if (family != Rt.AF_INET && family != Rt.AF_INET6) {
            return false;
        }
        high = 0;
        low = 0;
        length = message.u8(1);
        table = message.u8(4);
        protocol = message.u8(5);
        priority = 0;
        nexthopId = 0;
        mtuBytes = 0;
        preferredSource = 0;
        int at = Rt.RTMSG_BYTES;
        while (at + Nl.NLA_HEADER_BYTES <= end) {
            int size = message.u16(at);
            if (size < Nl.NLA_HEADER_BYTES || at + size > end) {
                break;
            }
            take(message, message.u16(at + 2) & Nl.NLA_TYPE_MASK, at + Nl.NLA_HEADER_BYTES, size - Nl.NLA_HEADER_BYTES);
            at += Nl.align(size);
        }
        return table == Rt.RT_TABLE_MAIN && length <= (family == Rt.AF_INET ? 32 : 128);
    }

    private void take(Message message, int type, int at, int octets) {
        switch (type) {
            case Rt.RTA_DST -> {
                high = octets == 16 ? pair(message, at) : (long) message.be32(at) << 32;
                low = octets == 16 ? pair(message, at + 8) : 0;
            }
            case Rt.RTA_PRIORITY -> priority = message.u32(at);
            case Rt.RTA_TABLE -> table = message.u32(at);
            case Rt.RTA_NH_ID -> nexthopId = message.u32(at);
            case Rt.RTA_PREFSRC -> preferredSource = octets == Integer.BYTES ? message.be32(at) : 0;
            case Rt.RTA_METRICS -> metrics(message, at, at + octets);
            default -> {}
        }
    }

    /// Words alone, RTAX_CC_ALGO aside, which no route of ours has.
    private void metrics(Message message, int first, int end) {
        for (int at = first; at + Nl.NLA_HEADER_BYTES + Integer.BYTES <= end; ) {
            int size = message.u16(at);
            if ((message.u16(at + 2) & Nl.NLA_TYPE_MASK) == Rt.RTAX_MTU) {
                mtuBytes = message.u32(at + Nl.NLA_HEADER_BYTES);
            }
            at += Math.max(Nl.NLA_HEADER_BYTES, Nl.align(size));
        }
    }

    private static long pair(Message message, int at) {
        return ((long) message.be32(at) << 32) | (message.be32(at + 4) & 0xffff_ffffL);
    }

    /// The prefix's first 64 bits; an IPv4 address is the upper half.
    public long high() {
        return high;
    }

    public long low() {
        return low;
    }

    /// Of the prefix.
    public int length() {
        return length;
    }

    /// Who installed it.
    public int protocol() {
        return protocol;
    }

    /// With the prefix the route's key.
    public int priority() {
        return priority;
    }

    /// A {@link Nexthop}; 0 for none.
    public int nexthopId() {
        return nexthopId;
    }

    /// 0 for the link's.
    public int mtuBytes() {
        return mtuBytes;
    }

    /// The IPv4 address that packets of this host itself come from; 0 for none.
    public int preferredSource() {
        return preferredSource;
    }
}
