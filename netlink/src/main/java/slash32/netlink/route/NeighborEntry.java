package slash32.netlink.route;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// Which MAC an address has on a link (arp(7)).
///
/// @param mac null while the kernel is looking for it
/// @param permanent stated by us, and not to be changed by what the guest answers
public record NeighborEntry(
        InterfaceIndex link, IpAddress address, @Nullable MacAddress mac, boolean permanent) {

    /// Asks for the entries of every link.
    public static Request dump() {
        return Request.of(Rt.RTM_GETNEIGH, Nl.NLM_F_DUMP, () -> "list neighbours")
                .u8(Rt.AF_UNSPEC)
                .u8(0)
                .u16(0)
                .u32(0)
                .u16(0)
                .u8(0)
                .u8(0);
    }

    /// Asks for one entry; ENOENT if there is none.
    public static Request get(InterfaceIndex link, IpAddress address) {
        return Request.of(Rt.RTM_GETNEIGH, 0, () -> "get neighbour " + address + " dev " + link)
                .u8(Rt.family(address))
                .u8(0)
                .u16(0)
                .u32(link.value())
                .u16(0)
                .u8(0)
                .u8(0)
                .attribute(Rt.NDA_DST, address);
    }

    /// What the kernel thinks of an entry (NUD_*), in lower case: {@code reachable}, {@code permanent}; {@code none}
    /// before it was ever asked for.
    public static String state(Message entry) {
        int state = entry.u16(8);
        for (int bit = 0; bit < Rt.NUD_STATES.size(); bit++) {
            if ((state & 1 << bit) != 0) {
                return Rt.NUD_STATES.get(bit);
            }
        }
        return "none";
    }

    /// States a permanent entry; replaces what is there.
    public static Request put(InterfaceIndex link, IpAddress address, MacAddress mac) {
        return request(
                        Rt.RTM_NEWNEIGH,
                        Nl.NLM_F_ACK | Nl.NLM_F_CREATE | Nl.NLM_F_REPLACE,
                        "add neighbour " + address + " lladdr " + mac,
                        link,
                        address)
                .attribute(Rt.NDA_LLADDR, mac.toArray());
    }

    public static Request delete(InterfaceIndex link, IpAddress address) {
        return request(Rt.RTM_DELNEIGH, Nl.NLM_F_ACK, "delete neighbour " + address, link, address);
    }

    private static Request request(int type, int flags, String what, InterfaceIndex link, IpAddress address) {
        return Request.of(type, flags, () -> what + " dev " + link)
                .u8(Rt.family(address))
                .u8(0)
                .u16(0)
                .u32(link.value())
                .u16(Rt.NUD_PERMANENT)
                .u8(0)
                .u8(0)
                .attribute(Rt.NDA_DST, address);
    }

    /// The entry in an RTM_NEWNEIGH or RTM_DELNEIGH message; null if it is not of an IP address.
    public static @Nullable NeighborEntry parse(Message message) {
        if (message.payloadLength() < Rt.NDMSG_BYTES || message.u32(4) <= 0) {
            return null;
        }
        IpAddress address = null;
        MacAddress mac = null;
        Attributes attributes = message.attributes(Rt.NDMSG_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Rt.NDA_DST -> address = attributes.address();
                case Rt.NDA_LLADDR -> mac = attributes.length() == 6 ? MacAddress.of(attributes.bytes(), 0) : null;
                default -> {}
            }
        }
        boolean permanent = (message.u16(8) & Rt.NUD_PERMANENT) != 0;
        return address == null ? null : new NeighborEntry(new InterfaceIndex(message.u32(4)), address, mac, permanent);
    }
}
