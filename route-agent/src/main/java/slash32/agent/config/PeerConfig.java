package slash32.agent.config;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.speaker.PeerOptions;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;

/// One BGP peer as configured.
///
/// @param address of a peer by {@code link}, its link-local one, or :: for whoever is there
/// @param port that we connect to
/// @param families offered in OPEN, at least one
/// @param key signs the connections' segments; null for none
/// @param holdTime proposed in OPEN: zero, or 3 to 65535 whole seconds (RFC 4271 §4.2)
/// @param passive waits for the peer to connect
/// @param options limits, policies and what else is seldom said
/// @param bfd null for none
/// @param link the interface of a peer that we speak to by link-local addresses; null for other peers
public record PeerConfig(
        IpAddress address,
        int port,
        Asn asn,
        Set<AddressFamily> families,
        @Nullable PeerKey key,
        Duration holdTime,
        boolean passive,
        PeerOptions options,
        @Nullable BfdConfig bfd,
        @Nullable InterfaceName link) {
    public static final int DEFAULT_PORT = 179;
    static final Duration DEFAULT_HOLD_TIME = Duration.ofSeconds(90);
    /// Those that a peer has by default.
    static final List<AddressFamily> UNICAST = List.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    /// Those that an agent's peer may have.
    static final List<AddressFamily> OF_AGENT = List.of(
            AddressFamily.IPV4_UNICAST,
            AddressFamily.IPV6_UNICAST,
            AddressFamily.L2VPN_EVPN,
            AddressFamily.RT_CONSTRAIN);

    public PeerConfig {
        families = Set.copyOf(families);
        if (families.isEmpty()) {
            throw new IllegalArgumentException("families must name at least one");
        }
        if (!isHoldTime(holdTime)) {
            throw new IllegalArgumentException("holdTime must be 0 or 3 to 65535 whole seconds, was " + holdTime);
        }
    }

    /// A peer that is not known by an interface.
    public PeerConfig(
            IpAddress address,
            int port,
            Asn asn,
            Set<AddressFamily> families,
            @Nullable PeerKey key,
            Duration holdTime,
            boolean passive,
            PeerOptions options,
            @Nullable BfdConfig bfd) {
        this(address, port, asn, families, key, holdTime, passive, options, bfd, null);
    }

    /// This peer, with {@code bfd}.
    PeerConfig with(@Nullable BfdConfig bfd) {
        return new PeerConfig(address, port, asn, families, key, holdTime, passive, options, bfd, link);
    }

    /// This peer, with other options.
    PeerConfig with(PeerOptions other) {
        return new PeerConfig(address, port, asn, families, key, holdTime, passive, other, bfd, link);
    }

    /// This peer, on the link of this name, with IPv6 next hops for its IPv4 routes (RFC 8950).
    PeerConfig on(InterfaceName name) {
        Set<AddressFamily> ipv4 =
                families.contains(AddressFamily.IPV4_UNICAST) ? Set.of(AddressFamily.IPV4_UNICAST) : Set.of();
        PeerOptions other = options.with(options.session().withExtendedNextHops(ipv4));
        return new PeerConfig(address, port, asn, families, key, holdTime, passive, other, bfd, name);
    }

    /// This peer, at the address where it is.
    public PeerConfig at(IpAddress other) {
        return new PeerConfig(other, port, asn, families, key, holdTime, passive, options, bfd, link);
    }

    static boolean isHoldTime(Duration holdTime) {
        long seconds = holdTime.toSeconds();
        return holdTime.equals(Duration.ofSeconds(seconds)) && (seconds == 0 || (seconds >= 3 && seconds <= 65_535));
    }
}
