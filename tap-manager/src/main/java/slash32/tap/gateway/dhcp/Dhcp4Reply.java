package slash32.tap.gateway.dhcp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.GuestSettings;

/// What the server answers to a DHCPv4 message (RFC 2131 §4.3), options in the order of their importance: what does not
/// fit the client's largest message is left out.
///
/// @param type of the message, option 53
/// @param address field {@code yiaddr}; null to give none
record Dhcp4Reply(
        GatewayTerms terms,
        Dhcp4Request request,
        int type,
        @Nullable Ipv4Address address) {
    static final int OFFER = 2;
    static final int ACK = 5;
    static final int NAK = 6;

    private static final Ipv4Address BROADCAST = Ipv4Address.parse("255.255.255.255");
    private static final Ipv4Address NOBODY = new Ipv4Address(0);
    private static final int BOOT_REPLY = 2;
    private static final int OPTION_END = 255;
    private static final int IP_AND_UDP_HEADERS = 28;
    /// What a BOOTP client may count on (RFC 951 §3): shorter messages are padded.
    private static final int SHORTEST_BYTES = 300;

    Bytes encode() {
        int most = request.maxMessageBytes() - IP_AND_UDP_HEADERS;
        ByteBuffer out = ByteBuffer.allocate(most);
        out.put((byte) BOOT_REPLY).put((byte) 1).put((byte) 6).put((byte) 0);
        out.putInt(request.transaction()).putShort((short) 0);
        out.putShort((short) (request.broadcast() ? 0x8000 : 0));
        Ipv4Address client = type == ACK ? request.client() : NOBODY;
        out.putInt(client.value()).putInt(address == null ? 0 : address.value());
        out.putInt(0).putInt(0).put(request.hardware().toArray());
        out.position(Dhcp4Request.FIXED_BYTES);
        out.putInt(Dhcp4Request.COOKIE);
        for (Option option : options()) {
            if (out.remaining() > 2 + option.value().length()) {
                out.put((byte) option.code())
                        .put((byte) option.value().length())
                        .put(option.value().toArray());
            }
        }
        out.put((byte) OPTION_END);
        byte[] message = new byte[Math.max(SHORTEST_BYTES, out.position())];
        out.get(0, message, 0, out.position());
        return UdpFrame.ipv4(terms, recipient(), message);
    }

    /// RFC 2131 §4.1: where the client hears it, with the address that it has or is given.
    private UdpFrame.Recipient4 recipient() {
        boolean hasAddress = !request.client().isUnspecified() && type != NAK;
        if (hasAddress) {
            return new UdpFrame.Recipient4(terms.guestMac(), request.client());
        }
        return address == null || request.broadcast()
                ? new UdpFrame.Recipient4(MacAddress.BROADCAST, BROADCAST)
                : new UdpFrame.Recipient4(terms.guestMac(), address);
    }

    private record Option(int code, Bytes value) {
        static Option of(int code, byte[] value) {
            return new Option(code, Bytes.copyOf(value));
        }
    }

    private List<Option> options() {
        var options = new ArrayList<Option>();
        options.add(Option.of(53, new byte[] {(byte) type}));
        options.add(Option.of(54, terms.gatewayIpv4().toArray()));
        if (request.clientId() != null) {
            options.add(new Option(61, request.clientId())); // RFC 6842
        }
        if (type == NAK) {
            options.add(Option.of(56, "the address is not this guest's".getBytes(StandardCharsets.US_ASCII)));
            return options;
        }
        if (request.type() == Dhcp4Request.DISCOVER && type == ACK) {
            options.add(Option.of(80, new byte[0])); // RFC 4039
        }
        if (address != null) {
            lease(options, terms.settings().leaseSeconds());
        }
        network(options, terms.settings());
        return options;
    }

    private static void lease(List<Option> options, long seconds) {
        options.add(Option.of(51, u32(seconds)));
        if (seconds != GuestSettings.LEASE_FOREVER) {
            options.add(Option.of(58, u32(seconds / 2)));
            options.add(Option.of(59, u32(seconds * 7 / 8)));
        }
    }

    private void network(List<Option> options, GuestSettings settings) {
        options.add(Option.of(1, u32(mask(settings))));
        if (settings.defaultRoute()) {
            options.add(Option.of(3, terms.gatewayIpv4().toArray()));
        }
        options.add(Option.of(121, classlessRoutes(settings)));
        options.add(Option.of(26, new byte[] {(byte) (terms.mtuBytes() >>> 8), (byte) terms.mtuBytes()}));
        List<IpAddress> dns = settings.dns(true);
        if (!dns.isEmpty()) {
            ByteBuffer servers = ByteBuffer.allocate(4 * dns.size());
            dns.forEach(server -> servers.put(server.toArray()));
            options.add(Option.of(6, servers.array()));
        }
        text(options, 12, settings.hostname());
        text(options, 15, settings.domain());
    }

    private static void text(List<Option> options, int code, @Nullable String text) {
        if (text != null) {
            options.add(Option.of(code, text.getBytes(StandardCharsets.US_ASCII)));
        }
    }

    /// Of the subnet that the guest's address is in, else a host's.
    private long mask(GuestSettings settings) {
        Ipv4Address own = address == null ? request.client() : address;
        int length = settings.subnets().stream()
                .filter(subnet -> subnet.contains(own))
                .mapToInt(Prefix::length)
                .findFirst()
                .orElse(own.bits());
        return length == 0 ? 0 : (0xffff_ffffL << (32 - length)) & 0xffff_ffffL;
    }

    /// The gateway on the link, and through it the rest (RFC 3442). Who reads it ignores the router option.
    private byte[] classlessRoutes(GuestSettings settings) {
        ByteBuffer out = ByteBuffer.allocate(255);
        route(out, terms.gatewayIpv4().hostPrefix(), NOBODY);
        for (Prefix prefix : settings.routes()) {
            if (prefix.isIpv4()) {
                route(out, prefix, terms.gatewayIpv4());
            }
        }
        if (settings.defaultRoute()) {
            route(out, new Prefix(NOBODY, 0), terms.gatewayIpv4());
        }
        byte[] value = new byte[out.position()];
        out.get(0, value);
        return value;
    }

    private static void route(ByteBuffer out, Prefix to, Ipv4Address by) {
        out.put((byte) to.length()).put(to.address().toArray(), 0, (to.length() + 7) / 8);
        out.putInt(by.value());
    }

    private static byte[] u32(long value) {
        return ByteBuffer.allocate(4).putInt((int) value).array();
    }
}
