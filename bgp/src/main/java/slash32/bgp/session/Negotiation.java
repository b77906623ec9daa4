package slash32.bgp.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.Terms;
import slash32.net.Asn;
import slash32.net.Bytes;

/// Our OPEN, and what comes of the peer's.
final class Negotiation {
    private Negotiation() {}

    sealed interface Outcome {
        record Agreed(SessionTerms terms) implements Outcome {}

        record Refused(Message.Notification why) implements Outcome {}
    }

    /// The OPEN that {@code config} asks for.
    ///
    /// @param restarted we have restarted with the kernel's routes kept, and ask the peer to wait for us
    static Message.Open open(SessionConfig config, boolean restarted) {
        List<AddressFamily> families = config.families().stream().sorted().toList();
        var capabilities = new ArrayList<Capability>();
        families.forEach(family -> capabilities.add(new Capability.Multiprotocol(family)));
        capabilities.add(new Capability.RouteRefresh());
        if (config.gracefulRestartSeconds() > 0) {
            Map<AddressFamily, Boolean> forwarding = new HashMap<>();
            families.forEach(family -> forwarding.put(family, true)); // the kernel forwards whatever becomes of us
            capabilities.add(new Capability.GracefulRestart(restarted, config.gracefulRestartSeconds(), forwarding));
        }
        capabilities.add(new Capability.FourOctetAs(config.localAs()));
        return new Message.Open(config.localAs(), config.holdSeconds(), config.identifier(), capabilities);
    }

    /// RFC 4271 §6.2, RFC 6286 §2.2: an identifier may be ours only in another AS.
    static Outcome negotiate(SessionConfig config, Message.Open open) {
        if (!open.asn().equals(config.peerAs())) {
            return refused(NotificationCode.BAD_PEER_AS);
        }
        if (config.internal() && open.identifier().equals(config.identifier())) {
            return refused(NotificationCode.BAD_BGP_IDENTIFIER);
        }
        boolean fourOctets = false;
        boolean refresh = false;
        Capability.GracefulRestart restart = null;
        Set<AddressFamily> offered = new HashSet<>();
        for (Capability capability : open.capabilities()) {
            switch (capability) {
                case Capability.Multiprotocol(AddressFamily family) -> offered.add(family);
                case Capability.FourOctetAs(Asn _) -> fourOctets = true;
                case Capability.RouteRefresh() -> refresh = true;
                case Capability.GracefulRestart graceful -> restart = graceful;
                case Capability.Unknown _ -> {}
            }
        }
        if (offered.isEmpty()) {
            offered.add(AddressFamily.IPV4_UNICAST); // RFC 4760 §8: what a speaker without the capability speaks
        }
        offered.retainAll(config.families());
        if (offered.isEmpty()) {
            return new Outcome.Refused(
                    Message.Notification.of(NotificationCode.UNSUPPORTED_CAPABILITY, missing(config.families())));
        }
        var wire = new Terms(config.internal(), fourOctets, offered);
        int hold = Math.min(config.holdSeconds(), open.holdSeconds());
        boolean graceful = config.gracefulRestartSeconds() > 0;
        return new Outcome.Agreed(new SessionTerms(wire, hold, open, refresh, graceful ? restart : null));
    }

    /// The capabilities that the peer lacks, as an OPEN has them (RFC 5492 §5).
    private static Bytes missing(Set<AddressFamily> families) {
        byte[] capabilities = new byte[6 * families.size()];
        int at = 0;
        for (AddressFamily family : families.stream().sorted().toList()) {
            capabilities[at] = Capability.CODE_MULTIPROTOCOL;
            capabilities[at + 1] = 4;
            capabilities[at + 2] = (byte) (family.afi() >>> 8);
            capabilities[at + 3] = (byte) family.afi();
            capabilities[at + 5] = (byte) family.safi();
            at += 6;
        }
        return Bytes.copyOf(capabilities);
    }

    private static Outcome refused(NotificationCode code) {
        return new Outcome.Refused(Message.Notification.of(code));
    }
}
