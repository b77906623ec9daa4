package slash32.tap.gateway.dhcp;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.tap.gateway.Refusal;

/// A client's DHCPv4 message (RFC 2131 §2).
///
/// @param sourceMac of the Ethernet header
/// @param type of the message, option 53
/// @param seconds field {@code secs}
/// @param broadcast whether the client can't yet be reached by unicast
/// @param client field {@code ciaddr}: the address that it has
/// @param relay field {@code giaddr}
/// @param hardware field {@code chaddr}
/// @param requested option 50; null if absent
/// @param server option 54; null if absent
/// @param clientId option 61; null if absent
/// @param maxMessageBytes option 57, IP header included, at least 576
/// @param rapidCommit option 80
record Dhcp4Request(
        MacAddress sourceMac,
        int type,
        int transaction,
        int seconds,
        boolean broadcast,
        Ipv4Address client,
        Ipv4Address relay,
        MacAddress hardware,
        @Nullable Ipv4Address requested,
        @Nullable Ipv4Address server,
        @Nullable Bytes clientId,
        int maxMessageBytes,
        boolean rapidCommit)
        implements DhcpFrame {
    static final int DISCOVER = 1;
    static final int REQUEST = 3;
    static final int DECLINE = 4;
    static final int RELEASE = 7;
    static final int INFORM = 8;

    static final int FIXED_BYTES = 236;
    static final int COOKIE = 0x6382_5363;
    static final int FILE_AT = 108;
    static final int SNAME_AT = 44;

    private static final int BOOT_REQUEST = 1;
    private static final int ETHERNET_ADDRESSES = 0x0106;
    private static final int OPTION_PAD = 0;
    private static final int OPTION_END = 255;
    private static final int OPTION_OVERLOAD = 52;
    private static final int SMALLEST_MAX_MESSAGE = 576;

    /// Reads the message in {@code in[at, end)}.
    static DhcpFrame decode(ByteBuffer in, int at, int end) {
        if (end - at < FIXED_BYTES + 4
                || in.get(at) != BOOT_REQUEST
                || DhcpFrame.u16(in, at + 1) != ETHERNET_ADDRESSES
                || in.getInt(at + FIXED_BYTES) != COOKIE) {
            return new Unread(Refusal.MALFORMED);
        }
        var options = new HashMap<Integer, ByteArrayOutputStream>();
        if (!collect(in, at + FIXED_BYTES + 4, end, options)) {
            return new Unread(Refusal.MALFORMED);
        }
        byte[] overload = value(options, OPTION_OVERLOAD);
        int fields = overload != null && overload.length == 1 ? overload[0] : 0;
        if (((fields & 1) != 0 && !collect(in, at + FILE_AT, at + FIXED_BYTES, options))
                || ((fields & 2) != 0 && !collect(in, at + SNAME_AT, at + FILE_AT, options))) {
            return new Unread(Refusal.MALFORMED);
        }
        return of(in, at, options);
    }

    private static DhcpFrame of(ByteBuffer in, int at, Map<Integer, ByteArrayOutputStream> options) {
        byte[] type = value(options, 53);
        byte[] requested = value(options, 50);
        byte[] server = value(options, 54);
        byte[] clientId = value(options, 61);
        byte[] maxMessage = value(options, 57);
        if (type == null || type.length != 1) {
            return new Unread(Refusal.MALFORMED);
        }
        boolean wellFormed = (requested == null || requested.length == 4)
                && (server == null || server.length == 4)
                && (clientId == null || (clientId.length >= 2 && clientId.length <= 255))
                && (maxMessage == null || maxMessage.length == 2);
        if (!wellFormed) {
            return new Unread(Refusal.MALFORMED);
        }
        return new Dhcp4Request(
                DhcpFrame.mac(in, 6),
                type[0] & 0xff,
                in.getInt(at + 4),
                DhcpFrame.u16(in, at + 8),
                (in.get(at + 10) & 0x80) != 0,
                new Ipv4Address(in.getInt(at + 12)),
                new Ipv4Address(in.getInt(at + 24)),
                DhcpFrame.mac(in, at + 28),
                requested == null ? null : Ipv4Address.of(requested),
                server == null ? null : Ipv4Address.of(server),
                clientId == null ? null : Bytes.copyOf(clientId),
                maxMessage == null
                        ? SMALLEST_MAX_MESSAGE
                        : Math.max(
                                SMALLEST_MAX_MESSAGE,
                                ByteBuffer.wrap(maxMessage).getShort() & 0xffff),
                options.containsKey(80));
    }

    /// Adds the options in {@code in[at, end)}; one that comes again goes on where it ended (RFC 3396).
    ///
    /// @return false if one reaches past the end
    private static boolean collect(ByteBuffer in, int from, int end, Map<Integer, ByteArrayOutputStream> options) {
        int at = from;
        while (at < end && (in.get(at) & 0xff) != OPTION_END) {
            int code = in.get(at) & 0xff;
            if (code == OPTION_PAD) {
                at++;
                continue;
            }
            if (at + 1 >= end || at + 2 + (in.get(at + 1) & 0xff) > end) {
                return false;
            }
            int bytes = in.get(at + 1) & 0xff;
            options.computeIfAbsent(code, _ -> new ByteArrayOutputStream())
                    .writeBytes(DhcpFrame.bytes(in, at + 2, bytes));
            at += 2 + bytes;
        }
        return true;
    }

    private static byte @Nullable [] value(Map<Integer, ByteArrayOutputStream> options, int code) {
        ByteArrayOutputStream value = options.get(code);
        return value == null ? null : value.toByteArray();
    }
}
