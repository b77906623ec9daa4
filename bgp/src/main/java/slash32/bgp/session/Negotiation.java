package slash32.bgp.session;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PeerRole;
import slash32.bgp.wire.Terms;
import slash32.net.Asn;
import slash32.net.Bytes;

/// Our OPEN, and what comes of the peer's.
final class Negotiation {
    private static final int AFI_IPV6 = 2;

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
        SessionOptions options = config.options();
        var nextHops = families.stream()
                .filter(options.extendedNextHops()::contains)
                .map(family -> new Capability.ExtendedNextHop.Encoding(family, AFI_IPV6))
                .toList();
        if (!nextHops.isEmpty()) {
            capabilities.add(new Capability.ExtendedNextHop(nextHops));
        }
        if (options.extendedMessages()) {
            capabilities.add(new Capability.ExtendedMessage());
        }
        PeerRole role = config.internal() ? null : options.role();
        if (role != null) {
            capabilities.add(new Capability.Role(role));
        }
        if (config.gracefulRestartSeconds() > 0) {
            Map<AddressFamily, Boolean> forwarding = new HashMap<>();
            families.forEach(family -> forwarding.put(family, true)); // the kernel forwards whatever becomes of us
            int seconds = config.gracefulRestartSeconds();
            capabilities.add(new Capability.GracefulRestart(restarted, true, seconds, forwarding));
        }
        capabilities.add(new Capability.FourOctetAs(config.localAs()));
        Map<AddressFamily, Capability.AddPathMode> paths = new HashMap<>();
        for (AddressFamily family : families) {
            addPath(family, options).ifPresent(mode -> paths.put(family, mode));
        }
        if (!paths.isEmpty()) {
            capabilities.add(new Capability.AddPath(paths));
        }
        capabilities.add(new Capability.EnhancedRouteRefresh());
        if (config.gracefulRestartSeconds() > 0 && options.longLivedSeconds() > 0) {
            var longLived = new Capability.LongLived(true, options.longLivedSeconds());
            Map<AddressFamily, Capability.LongLived> kept = new HashMap<>();
            families.forEach(family -> kept.put(family, longLived));
            capabilities.add(new Capability.LongLivedGracefulRestart(kept));
        }
        return new Message.Open(config.localAs(), config.holdSeconds(), config.identifier(), capabilities);
    }

    private static Optional<Capability.AddPathMode> addPath(AddressFamily family, SessionOptions options) {
        boolean receives = options.addPathReceive().contains(family);
        boolean sends = options.addPathSend().contains(family);
        if (!receives && !sends) {
            return Optional.empty();
        }
        Capability.AddPathMode one = receives ? Capability.AddPathMode.RECEIVE : Capability.AddPathMode.SEND;
        return Optional.of(receives && sends ? Capability.AddPathMode.BOTH : one);
    }

    /// RFC 4271 §6.2, RFC 6286 §2.2: an identifier may be ours only in another AS.
    static Outcome negotiate(SessionConfig config, Message.Open open) {
        if (!open.asn().equals(config.peerAs())) {
            return refused(NotificationCode.BAD_PEER_AS);
        }
        if (config.internal() && open.identifier().equals(config.identifier())) {
            return refused(NotificationCode.BAD_BGP_IDENTIFIER);
        }
        if (!rolesFit(config, open.capabilities())) {
            return refused(NotificationCode.ROLE_MISMATCH);
        }
        boolean fourOctets = false;
        boolean refresh = false;
        boolean enhanced = false;
        boolean extended = false;
        Map<AddressFamily, Capability.AddPathMode> paths = new HashMap<>();
        Set<AddressFamily> nextHops = new HashSet<>();
        Capability.GracefulRestart restart = null;
        Capability.LongLivedGracefulRestart longLived = null;
        Set<AddressFamily> offered = new HashSet<>();
        for (Capability capability : open.capabilities()) {
            switch (capability) {
                case Capability.Multiprotocol(AddressFamily family) -> offered.add(family);
                case Capability.FourOctetAs(Asn _) -> fourOctets = true;
                case Capability.RouteRefresh() -> refresh = true;
                case Capability.EnhancedRouteRefresh() -> enhanced = true;
                case Capability.GracefulRestart graceful -> restart = graceful;
                case Capability.LongLivedGracefulRestart lasting -> longLived = lasting;
                case Capability.ExtendedMessage() -> extended = config.options().extendedMessages();
                case Capability.AddPath(var theirs) -> paths.putAll(theirs);
                case Capability.ExtendedNextHop(var theirs) ->
                    theirs.stream()
                            .filter(encoding -> encoding.nextHopAfi() == AFI_IPV6)
                            .forEach(encoding -> nextHops.add(encoding.family()));
                case Capability.Role _, Capability.Fqdn _, Capability.SoftwareVersion _, Capability.Unknown _ -> {}
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
        nextHops.retainAll(config.options().extendedNextHops());
        nextHops.retainAll(offered);
        var wire = new Terms(
                config.internal(),
                fourOctets,
                offered,
                both(offered, config.options().addPathReceive(), paths, Capability.AddPathMode::sends),
                both(offered, config.options().addPathSend(), paths, Capability.AddPathMode::receives),
                extended,
                nextHops);
        int hold = Math.min(config.holdSeconds(), open.holdSeconds());
        if (config.gracefulRestartSeconds() == 0) {
            restart = null;
        }
        if (restart == null || config.options().longLivedSeconds() == 0) {
            longLived = null;
        }
        return new Outcome.Agreed(new SessionTerms(wire, hold, open, refresh, refresh && enhanced, restart, longLived));
    }

    /// Families of which we want one direction of additional paths and the peer the same (RFC 7911 §4).
    private static Set<AddressFamily> both(
            Set<AddressFamily> offered,
            Set<AddressFamily> ours,
            Map<AddressFamily, Capability.AddPathMode> theirs,
            Predicate<Capability.AddPathMode> counterpart) {
        return offered.stream()
                .filter(ours::contains)
                .filter(family -> {
                    Capability.AddPathMode mode = theirs.get(family);
                    return mode != null && counterpart.test(mode);
                })
                .collect(Collectors.toUnmodifiableSet());
    }

    /// RFC 9234 §4.2: the roles of both must be a pair; a peer that has none is refused only if we are strict.
    private static boolean rolesFit(SessionConfig config, List<Capability> capabilities) {
        PeerRole ours = config.internal() ? null : config.options().role();
        if (ours == null) {
            return true;
        }
        boolean any = false;
        for (Capability capability : capabilities) {
            switch (capability) {
                case Capability.Role(PeerRole role) when role == ours.counterpart() -> any = true;
                case Capability.Role _ -> {
                    return false;
                }
                case Capability.Unknown(int code, Bytes _)
                when code == Capability.CODE_ROLE -> {
                    return false;
                }
                default -> {}
            }
        }
        return any || !config.options().strictRole();
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
