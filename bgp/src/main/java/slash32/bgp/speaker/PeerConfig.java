package slash32.bgp.speaker;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// One peer as configured.
///
/// @param port where it listens, 1 to 65535
/// @param localAddress what we dial from; null to let the kernel choose
/// @param password TCP MD5 key of 1 to 80 octets (RFC 2385); null for none
/// @param holdSeconds proposed in OPEN: 0, or 3 to 65535
/// @param gracefulRestartSeconds 1 to 4095, or 0 for no graceful restart
/// @param passive we never dial it
public record PeerConfig(
        IpAddress address,
        int port,
        @Nullable IpAddress localAddress,
        Asn asn,
        Set<AddressFamily> families,
        @Nullable Bytes password,
        int holdSeconds,
        int gracefulRestartSeconds,
        boolean passive,
        PeerOptions options) {
    public PeerConfig {
        families = Set.copyOf(families);
        if (password != null && (password.length() < 1 || password.length() > 80)) {
            throw new IllegalArgumentException("a TCP MD5 key has 1 to 80 octets, has " + password.length());
        }
    }

    /// A peer with nothing special.
    public PeerConfig(
            IpAddress address,
            int port,
            @Nullable IpAddress localAddress,
            Asn asn,
            Set<AddressFamily> families,
            @Nullable Bytes password,
            int holdSeconds,
            int gracefulRestartSeconds,
            boolean passive) {
        this(
                address,
                port,
                localAddress,
                asn,
                families,
                password,
                holdSeconds,
                gracefulRestartSeconds,
                passive,
                PeerOptions.DEFAULT);
    }

    /// The same with other options.
    public PeerConfig with(PeerOptions other) {
        return new PeerConfig(
                address,
                port,
                localAddress,
                asn,
                families,
                password,
                holdSeconds,
                gracefulRestartSeconds,
                passive,
                other);
    }

    /// The same with another password.
    public PeerConfig with(@Nullable Bytes other) {
        return new PeerConfig(
                address,
                port,
                localAddress,
                asn,
                families,
                other,
                holdSeconds,
                gracefulRestartSeconds,
                passive,
                options);
    }

    /// The same peer elsewhere, who dials us.
    PeerConfig at(IpAddress other) {
        return new PeerConfig(
                other, port, localAddress, asn, families, password, holdSeconds, gracefulRestartSeconds, true, options);
    }

    /// True if a session of this peer can go on as one of {@code other}: only what is not negotiated differs.
    boolean canBecome(PeerConfig other) {
        var alike = new PeerOptions(
                other.options.session(),
                options.limits(),
                other.options.ttlSecurityHops(),
                options.importPolicy(),
                options.exportPolicy(),
                other.options.client(),
                other.options.ao());
        return equals(other.with(alike).with(password));
    }

    /// The interface that the peer is known by; null if its address is enough.
    @Nullable
    InterfaceIndex link() {
        return address instanceof Ipv6Address v6 ? v6.link() : null;
    }

    /// What the peer is in the reflection of routes, to a speaker of {@code own} AS.
    Offers.Origin kind(Asn own) {
        if (!asn.equals(own)) {
            return Offers.Origin.EXTERNAL;
        }
        return options.client() ? Offers.Origin.CLIENT : Offers.Origin.NON_CLIENT;
    }

    /// Without the password.
    @Override
    public String toString() {
        return address + " AS " + asn;
    }
}
