package slash32.tap.gateway;

import java.util.List;
import slash32.net.Bytes;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.tap.gateway.Answer.Refused;
import slash32.tap.gateway.Answer.Reply;

/// The gateway of a segment as the router of its guests: who routes, what is on the link, and how large packets may be
/// (RFC 4861). It gives nobody an address, and the kernel answers for its own.
///
/// Whose MAC a guest sends with is for the bridge's guard. Owned by one thread, but for {@link #advertisement}.
public final class SegmentRouter {
    private static final int FRAMES_PER_SECOND = 100;

    private final Terms terms;
    private final GuestSettings settings;
    private final TokenBucket bucket = new TokenBucket(FRAMES_PER_SECOND, FRAMES_PER_SECOND);

    /// What guests are told.
    ///
    /// @param mtuBytes of the segment
    /// @param prefixes of IPv6 that are on its link; the first four are told
    public record Terms(int mtuBytes, List<Prefix> prefixes) {
        public Terms {
            prefixes = List.copyOf(prefixes);
        }
    }

    public SegmentRouter(Terms terms) {
        this.terms = terms;
        settings = new GuestSettings(
                false,
                null,
                null,
                List.of(),
                terms.prefixes().stream().limit(GuestSettings.MAX_IPV6_SUBNETS).toList(),
                List.of(),
                true,
                GuestSettings.DEFAULT.leaseSeconds(),
                Ipv6Assignment.STATIC);
    }

    public Terms terms() {
        return terms;
    }

    /// The advertisement that no guest asked for, to all nodes of the segment.
    public Bytes advertisement() {
        return advertisement(Gateway.ALL_NODES_MAC, Gateway.ALL_NODES);
    }

    private Bytes advertisement(MacAddress toMac, Ipv6Address to) {
        var envelope = new Icmpv6.Envelope(toMac, GatewayTerms.GATEWAY_MAC, GatewayTerms.GATEWAY_IPV6, to);
        return new RouterAdvertisement(envelope, terms.mtuBytes(), settings).encode();
    }

    /// Answers a guest's Ethernet frame in {@code frame[0, length)}.
    public Answer on(byte[] frame, int length, long nowNanos) {
        if (!bucket.take(nowNanos)) {
            return new Refused(Refusal.RATE_LIMITED);
        }
        return switch (GuestFrame.decode(frame, length)) {
            case RouterSolicitation solicitation -> router(solicitation);
            case ArpPacket _, NeighborSolicitation _ -> new Refused(Refusal.KERNEL_ANSWERS);
            case GuestFrame.Unread(Refusal reason) -> new Refused(reason);
        };
    }

    private Answer router(RouterSolicitation solicitation) {
        Icmpv6.Envelope asked = solicitation.envelope();
        MacAddress claimed = solicitation.sourceMac();
        if (claimed != null && !claimed.equals(asked.sourceMac())) {
            return new Refused(Refusal.FOREIGN_MAC);
        }
        if (asked.source().equals(GatewayTerms.GATEWAY_IPV6)) {
            return new Refused(Refusal.FOREIGN_ADDRESS);
        }
        return new Reply(
                asked.source().isUnspecified() ? advertisement() : advertisement(asked.sourceMac(), asked.source()));
    }
}
