package slash32.tap.gateway.dhcp;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.GuestSettings;

/// What the server answers to a DHCPv6 message (RFC 8415 §18.3).
///
/// @param type {@link #ADVERTISE} or {@link #REPLY}
/// @param associations one for each of the request's that is answered
/// @param status of the whole message; null for none
record Dhcp6Reply(
        GatewayTerms terms,
        Dhcp6Request request,
        int type,
        List<Granted> associations,
        @Nullable Status status) {
    static final int ADVERTISE = 2;
    static final int REPLY = 7;

    private static final int OPTION_STATUS = 13;
    private static final int OPTION_DNS = 23;
    private static final int OPTION_DOMAINS = 24;
    private static final int OPTION_REFRESH = 32;
    private static final int SPACE_BYTES = 4096;

    Dhcp6Reply {
        associations = List.copyOf(associations);
    }

    /// RFC 8415 §21.13.
    enum Status {
        SUCCESS(0),
        NO_ADDRESSES(2),
        NO_BINDING(3),
        NOT_ON_LINK(4),
        NO_PREFIX(6);

        private final int code;

        Status(int code) {
            this.code = code;
        }
    }

    /// What a client gets for one of its associations.
    ///
    /// @param addresses with the lease's lifetime
    /// @param revoked which the client has and may not keep
    /// @param status null for none
    record Granted(
            Dhcp6Request.Association asked,
            List<Ipv6Address> addresses,
            List<Ipv6Address> revoked,
            @Nullable Status status) {
        Granted {
            addresses = List.copyOf(addresses);
            revoked = List.copyOf(revoked);
        }
    }

    /// The same on every node: a guest that moves goes on with the server that it knows (DUID-LL, RFC 8415 §11.4).
    static Bytes serverId(GatewayTerms terms) {
        return Bytes.copyOf(ByteBuffer.allocate(10)
                .putShort((short) 3)
                .putShort((short) 1)
                .put(terms.gatewayMac().toArray())
                .array());
    }

    Bytes encode() {
        ByteBuffer out = ByteBuffer.allocate(SPACE_BYTES);
        out.putInt(type << 24 | request.transaction());
        if (request.clientId() != null) {
            option(out, Dhcp6Request.OPTION_CLIENT_ID, request.clientId().toArray());
        }
        option(out, Dhcp6Request.OPTION_SERVER_ID, serverId(terms).toArray());
        if (request.type() == Dhcp6Request.SOLICIT && type == REPLY) {
            option(out, Dhcp6Request.OPTION_RAPID_COMMIT, new byte[0]);
        }
        associations.forEach(granted -> put(out, granted));
        put(out, status);
        GuestSettings settings = terms.settings();
        List<IpAddress> dns = settings.dns(false);
        if (!dns.isEmpty()) {
            out.putShort((short) OPTION_DNS).putShort((short) (16 * dns.size()));
            dns.forEach(server -> out.put(server.toArray()));
        }
        if (settings.domain() != null) {
            option(out, OPTION_DOMAINS, settings.encodedDomain());
        }
        if (request.type() == Dhcp6Request.INFORMATION_REQUEST) {
            option(
                    out,
                    OPTION_REFRESH,
                    ByteBuffer.allocate(4).putInt((int) settings.leaseSeconds()).array());
        }
        byte[] message = new byte[out.position()];
        out.get(0, message);
        return UdpFrame.ipv6(terms, request.source(), message);
    }

    private void put(ByteBuffer out, Granted granted) {
        Dhcp6Request.Association asked = granted.asked();
        int start = out.position();
        out.putShort((short) asked.option()).putShort((short) 0).putInt(asked.id());
        long lease = terms.settings().leaseSeconds();
        if (asked.option() != Dhcp6Request.OPTION_IA_TA) {
            boolean forever = lease == GuestSettings.LEASE_FOREVER;
            out.putInt((int) (forever ? lease : lease / 2)).putInt((int) (forever ? lease : lease * 4 / 5));
        }
        granted.addresses().forEach(address -> put(out, address, lease));
        granted.revoked().forEach(address -> put(out, address, 0));
        put(out, granted.status());
        out.putShort(start + 2, (short) (out.position() - start - 4));
    }

    private static void put(ByteBuffer out, Ipv6Address address, long lifetimeSeconds) {
        out.putShort((short) Dhcp6Request.OPTION_ADDRESS).putShort((short) 24).put(address.toArray());
        out.putInt((int) lifetimeSeconds).putInt((int) lifetimeSeconds);
    }

    private static void put(ByteBuffer out, @Nullable Status status) {
        if (status != null) {
            out.putShort((short) OPTION_STATUS).putShort((short) 2).putShort((short) status.code);
        }
    }

    private static void option(ByteBuffer out, int code, byte[] value) {
        out.putShort((short) code).putShort((short) value.length).put(value);
    }
}
