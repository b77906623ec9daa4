package slash32.tap.gateway.dhcp;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.tap.gateway.Refusal;

/// A client's DHCPv6 message (RFC 8415 §8).
///
/// @param sourceMac of the Ethernet header
/// @param source of the IPv6 header
/// @param transaction 24 bits
/// @param clientId null if absent
/// @param serverId null if absent
/// @param associations the first {@link #ASSOCIATIONS_MAX}, in their order
/// @param rapidCommit the client takes a Reply to its Solicit
record Dhcp6Request(
        MacAddress sourceMac,
        Ipv6Address source,
        Ipv6Address destination,
        int type,
        int transaction,
        @Nullable Bytes clientId,
        @Nullable Bytes serverId,
        List<Association> associations,
        boolean rapidCommit)
        implements DhcpFrame {
    static final int SOLICIT = 1;
    static final int REQUEST = 3;
    static final int CONFIRM = 4;
    static final int RENEW = 5;
    static final int REBIND = 6;
    static final int RELEASE = 8;
    static final int DECLINE = 9;
    static final int INFORMATION_REQUEST = 11;
    static final int RELAY_FORWARD = 12;

    static final int OPTION_CLIENT_ID = 1;
    static final int OPTION_SERVER_ID = 2;
    static final int OPTION_IA_NA = 3;
    static final int OPTION_IA_TA = 4;
    static final int OPTION_ADDRESS = 5;
    static final int OPTION_RAPID_COMMIT = 14;
    static final int OPTION_IA_PD = 25;

    static final int ASSOCIATIONS_MAX = 8;
    private static final int ADDRESSES_MAX = 16;
    private static final int DUID_MAX = 130;

    Dhcp6Request {
        associations = List.copyOf(associations);
    }

    /// An identity association: what the client wants addresses or prefixes for (RFC 8415 §21.4, §21.5, §21.21).
    ///
    /// @param option {@link #OPTION_IA_NA}, {@link #OPTION_IA_TA} or {@link #OPTION_IA_PD}
    /// @param addresses that the client has or would like, at most 16
    record Association(int option, int id, List<Ipv6Address> addresses) {
        Association {
            addresses = List.copyOf(addresses);
        }
    }

    /// Reads the message in {@code in[at, end)}.
    static DhcpFrame decode(ByteBuffer in, int at, int end) {
        if (end - at < 4) {
            return new Unread(Refusal.MALFORMED);
        }
        int type = in.get(at) & 0xff;
        if (type == RELAY_FORWARD) {
            return new Unread(Refusal.RELAYED);
        }
        Bytes clientId = null;
        Bytes serverId = null;
        boolean rapidCommit = false;
        var associations = new ArrayList<Association>();
        int option = at + 4;
        while (option < end) {
            int next = next(in, option, end);
            if (next < 0) {
                return new Unread(Refusal.MALFORMED);
            }
            int value = option + 4;
            int code = DhcpFrame.u16(in, option);
            switch (code) {
                case OPTION_CLIENT_ID -> clientId = Bytes.copyOf(DhcpFrame.bytes(in, value, next - value));
                case OPTION_SERVER_ID -> serverId = Bytes.copyOf(DhcpFrame.bytes(in, value, next - value));
                case OPTION_RAPID_COMMIT -> rapidCommit = true;
                case OPTION_IA_NA, OPTION_IA_TA, OPTION_IA_PD -> {
                    Association association = association(in, code, value, next);
                    if (association == null) {
                        return new Unread(Refusal.MALFORMED);
                    }
                    if (associations.size() < ASSOCIATIONS_MAX) {
                        associations.add(association);
                    }
                }
                default -> {}
            }
            option = next;
        }
        if (clientId != null && (clientId.length() < 3 || clientId.length() > DUID_MAX)) {
            return new Unread(Refusal.MALFORMED);
        }
        return new Dhcp6Request(
                DhcpFrame.mac(in, 6),
                ipv6(in, ETHERNET_HEADER + 8),
                ipv6(in, ETHERNET_HEADER + 24),
                type,
                in.getInt(at) & 0xff_ffff,
                clientId,
                serverId,
                associations,
                rapidCommit);
    }

    /// Reads the association in {@code in[at, end)}; null if it is malformed.
    private static @Nullable Association association(ByteBuffer in, int code, int at, int end) {
        int fixed = code == OPTION_IA_TA ? 4 : 12;
        if (end - at < fixed) {
            return null;
        }
        var addresses = new ArrayList<Ipv6Address>();
        int option = at + fixed;
        while (option < end) {
            int next = next(in, option, end);
            if (next < 0) {
                return null;
            }
            if (DhcpFrame.u16(in, option) == OPTION_ADDRESS) {
                if (next - option < 4 + 24) {
                    return null;
                }
                if (addresses.size() < ADDRESSES_MAX) {
                    addresses.add(ipv6(in, option + 4));
                }
            }
            option = next;
        }
        return new Association(code, in.getInt(at), addresses);
    }

    /// Where the option after that at {@code at} begins; -1 if this one reaches past the end.
    private static int next(ByteBuffer in, int at, int end) {
        if (at + 4 > end) {
            return -1;
        }
        int next = at + 4 + DhcpFrame.u16(in, at + 2);
        return next > end ? -1 : next;
    }

    private static Ipv6Address ipv6(ByteBuffer in, int at) {
        return new Ipv6Address(in.getLong(at), in.getLong(at + 8));
    }

    /// The addresses of all associations.
    List<Ipv6Address> allAddresses() {
        return associations.stream()
                .flatMap(association -> association.addresses().stream())
                .toList();
    }
}
