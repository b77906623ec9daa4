package slash32.tap.gateway;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.tap.gateway.Answer.GuestSeen;
import slash32.tap.gateway.Answer.Refused;
import slash32.tap.gateway.Answer.Reply;

/// The gateway of one endpoint: makes every address but the guest's own appear behind one MAC, whatever subnet the
/// guest believes to be on.
///
/// Answers only the guest's own MAC asking in the name of the guest's own addresses, and its aliases likewise; whatever
/// else the guest sends is a
/// named refusal, never an exception. Owned by one thread.
public final class Gateway {
    /// Room for a guest that scans its whole /24 twice; past it, a tenth of a percent of a core.
    private static final int FRAMES_PER_SECOND = 500;

    static final Ipv6Address ALL_NODES = Ipv6Address.parse("ff02::1");
    static final MacAddress ALL_NODES_MAC = MacAddress.parse("33:33:00:00:00:01");

    private final GatewayTerms terms;
    private final TokenBucket bucket = new TokenBucket(FRAMES_PER_SECOND, FRAMES_PER_SECOND);

    public Gateway(GatewayTerms terms) {
        this.terms = terms;
    }

    public GatewayTerms terms() {
        return terms;
    }

    /// Answers the guest's Ethernet frame in {@code frame[0, length)}.
    public Answer on(byte[] frame, int length, long nowNanos) {
        if (!bucket.take(nowNanos)) {
            return new Refused(Refusal.RATE_LIMITED);
        }
        return switch (GuestFrame.decode(frame, length)) {
            case ArpPacket arp -> arp(arp);
            case NeighborSolicitation solicitation -> neighbor(solicitation);
            case RouterSolicitation solicitation -> router(solicitation);
            case GuestFrame.Unread(Refusal reason) -> new Refused(reason);
        };
    }

    /// The advertisement that no guest asked for, to all nodes of the link; empty for a guest without IPv6.
    public static Optional<Bytes> advertisement(GatewayTerms terms) {
        return terms.servesIpv6() ? Optional.of(advertisement(terms, ALL_NODES_MAC, ALL_NODES)) : Optional.empty();
    }

    private Answer arp(ArpPacket arp) {
        if (!terms.isGuest(arp.source()) || !terms.isGuest(arp.senderMac())) {
            return new Refused(Refusal.FOREIGN_MAC);
        }
        if (arp.operation() != ArpPacket.REQUEST && !arp.isGratuitous()) {
            return new Refused(Refusal.NOT_A_QUESTION);
        }
        if (arp.sender().isUnspecified()) {
            return new Refused(Refusal.PROBE);
        }
        if (!terms.isGuest(arp.senderMac(), arp.sender())) {
            return new Refused(Refusal.FOREIGN_ADDRESS);
        }
        if (arp.isGratuitous()) {
            return terms.guestAddresses().contains(arp.sender())
                    ? new GuestSeen(arp.sender())
                    : new Refused(Refusal.NOT_A_QUESTION);
        }
        if (!arp.destination().equals(MacAddress.BROADCAST) && !isGateway(arp.destination())) {
            return new Refused(Refusal.NOT_TO_GATEWAY);
        }
        Refusal refusal = unanswerable(arp.target());
        return refusal == null ? new Reply(arp.answeredBy(terms.gatewayMac()).encode()) : new Refused(refusal);
    }

    private Answer neighbor(NeighborSolicitation solicitation) {
        Icmpv6.Envelope asked = solicitation.envelope();
        Refusal stranger = stranger(asked, solicitation.sourceMac());
        if (stranger != null) {
            return new Refused(stranger);
        }
        if (solicitation.isProbe()) {
            return new Refused(Refusal.PROBE);
        }
        if (!solicitation.reachesTarget()) {
            return new Refused(Refusal.NOT_TO_GATEWAY);
        }
        Refusal refusal = unanswerable(solicitation.target());
        if (refusal != null) {
            return new Refused(refusal);
        }
        var envelope = new Icmpv6.Envelope(asked.sourceMac(), terms.gatewayMac(), terms.gatewayIpv6(), asked.source());
        return new Reply(new NeighborAdvertisement(envelope, solicitation.target(), terms.gatewayMac()).encode());
    }

    private Answer router(RouterSolicitation solicitation) {
        Icmpv6.Envelope asked = solicitation.envelope();
        Refusal stranger = stranger(asked, solicitation.sourceMac());
        if (stranger != null) {
            return new Refused(stranger);
        }
        if (!terms.servesIpv6()) {
            return new Refused(Refusal.NO_IPV6);
        }
        return new Reply(
                asked.source().isUnspecified()
                        ? advertisement(terms, ALL_NODES_MAC, ALL_NODES)
                        : advertisement(terms, asked.sourceMac(), asked.source()));
    }

    private static Bytes advertisement(GatewayTerms terms, MacAddress toMac, Ipv6Address to) {
        var envelope = new Icmpv6.Envelope(toMac, terms.gatewayMac(), terms.gatewayIpv6(), to);
        return new RouterAdvertisement(envelope, terms.mtuBytes(), terms.settings()).encode();
    }

    /// Why the sender of a solicitation is not the guest; null if it is. The guest's link-local address is its own
    /// choice (RFC 7217), so any will do but the gateway's.
    private @Nullable Refusal stranger(Icmpv6.Envelope asked, @Nullable MacAddress claimedMac) {
        if (!terms.isGuest(asked.sourceMac()) || (claimedMac != null && !terms.isGuest(claimedMac))) {
            return Refusal.FOREIGN_MAC;
        }
        Ipv6Address source = asked.source();
        boolean own = source.isLinkLocal()
                ? !source.equals(terms.gatewayIpv6())
                : source.isUnspecified() || terms.isGuest(asked.sourceMac(), source);
        return own ? null : Refusal.FOREIGN_ADDRESS;
    }

    /// Why nobody but the gateway may be reached at {@code target}, or nobody at all; null if the gateway answers.
    private @Nullable Refusal unanswerable(IpAddress target) {
        boolean ofMetadata = target.equals(GatewayTerms.METADATA_IPV4) || target.equals(GatewayTerms.METADATA_IPV6);
        if (target.equals(terms.gatewayIpv4())
                || target.equals(terms.gatewayIpv6())
                || (ofMetadata && terms.metadata())) {
            return Refusal.KERNEL_ANSWERS;
        }
        if (terms.guestAddresses().contains(target)) {
            return Refusal.OWN_ADDRESS;
        }
        if (!isHost(target)) {
            return Refusal.NOT_A_HOST;
        }
        if (!target.isIpv4() && target.isLinkLocal()) {
            return Refusal.LINK_LOCAL;
        }
        return terms.onLink().stream().anyMatch(prefix -> prefix.contains(target)) ? null : Refusal.NOT_ON_LINK;
    }

    /// Neither 0.0.0.0/8, 127.0.0.0/8 nor from 224.0.0.0 up; nor ::, ::1 or ff00::/8.
    private static boolean isHost(IpAddress address) {
        return switch (address) {
            case Ipv4Address v4 -> {
                int first = v4.value() >>> 24;
                yield first != 0 && first != 127 && first < 224;
            }
            case Ipv6Address v6 -> !v6.isUnspecified() && !v6.isLoopback() && !v6.isMulticast();
        };
    }

    private boolean isGateway(MacAddress mac) {
        return mac.equals(terms.gatewayMac());
    }
}
