package slash32.agent.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.Section.Field;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.speaker.PeerOptions;
import slash32.bgp.speaker.PrefixLimit;
import slash32.bgp.speaker.TcpAo;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;

/// Reads what a peer is.
final class PeerParser {
    private static final Scalar<PeerRole> ROLE =
            new Scalar<>(Tag.STR, "provider, route-server, route-server-client, customer, peer", PeerParser::role);
    private static final Scalar<TcpAo.Algorithm> ALGORITHM =
            new Scalar<>(Tag.STR, "hmac-sha-1-96, aes-128-cmac-96", PeerParser::algorithm);
    private static final Scalar<Long> KEY_ID = PolicyParser.number(0, 255);
    private static final Scalar<Long> HOPS = PolicyParser.number(1, 254);
    private static final Scalar<Long> PREFIXES = PolicyParser.number(1, Integer.MAX_VALUE);
    private static final Scalar<Long> PERCENT = PolicyParser.number(1, 100);
    private static final int WARN_PERCENT = 80;

    private final @Nullable Asn own;
    private final Scalar<AddressFamily> family;
    private final Scalar<AddressFamily> pathFamily;
    private final PolicyParser policies;

    /// A parser for peers of a node of this AS, which is theirs by default.
    ///
    /// @param families that they may have
    /// @param pathFamilies of which there may be more paths than one in a session (RFC 7911)
    PeerParser(@Nullable Asn own, List<AddressFamily> families, List<AddressFamily> pathFamilies) {
        this.own = own;
        family = scalar(families);
        pathFamily = scalar(pathFamilies);
        policies = new PolicyParser(own);
    }

    private static Scalar<AddressFamily> scalar(List<AddressFamily> families) {
        String allowed = families.stream().map(AddressFamily::toString).collect(Collectors.joining(", "));
        return new Scalar<>(Tag.STR, allowed, text -> family(text, families));
    }

    /// Reads a family of which there may be more paths than one.
    Scalar<AddressFamily> pathFamily() {
        return pathFamily;
    }

    /// The peer of a section whose address is read; null if there is something wrong in it.
    @Nullable
    PeerConfig peer(Section section, Field<slash32.net.IpAddress> address) {
        var port = section.optional("port", Scalar.PORT, PeerConfig.DEFAULT_PORT);
        var asn = section.optional("asn", Scalar.ASN);
        var families = section.list("families", family, PeerConfig.UNICAST);
        var passwordFile = section.optional("passwordFile", Scalar.ABSOLUTE_PATH);
        var ao = section.optionalSection("tcpAo", PeerParser::ao);
        if (passwordFile.value() != null && ao.value() != null) {
            section.problem(ao, "tcpAo", "is not for a peer with a passwordFile: segments are signed by one of them");
        }
        var holdTime = section.optional("holdTime", Scalar.HOLD_TIME, PeerConfig.DEFAULT_HOLD_TIME);
        var passive = section.optional("passive", Scalar.BOOLEAN, false);
        if (families.value() != null && families.value().isEmpty()) {
            section.problem(families, "families", "is empty (allowed: " + family.allowed() + ")");
        }
        PeerOptions options = options(section);
        Asn remote = asn.value() == null ? own : asn.value();
        if (!section.end() || remote == null || options == null) {
            return null;
        }
        return new PeerConfig(
                address.get(),
                port.get(),
                remote,
                Set.copyOf(families.get()),
                passwordFile.value() == null ? ao.value() : new PeerKey.Md5(passwordFile.value()),
                holdTime.get(),
                passive.get(),
                options,
                null);
    }

    private static @Nullable PeerKey ao(Section section) {
        var file = section.required("keyFile", Scalar.ABSOLUTE_PATH);
        var algorithm = section.optional("algorithm", ALGORITHM, TcpAo.Algorithm.HMAC_SHA_1_96);
        var send = section.optional("sendId", KEY_ID, 0L);
        var receive = section.optional("receiveId", KEY_ID, 0L);
        return section.end()
                ? new PeerKey.Ao(
                        file.get(),
                        algorithm.get(),
                        send.get().intValue(),
                        receive.get().intValue())
                : null;
    }

    private @Nullable PeerOptions options(Section section) {
        var hops = section.optional("ttlSecurity", HOPS, 0L);
        var limits = section.sections("prefixLimits", this::limit);
        var lasting = section.optional("longLivedRestart", Scalar.LONG_LIVED_TIME, Duration.ZERO);
        var sendHold = section.optional(
                "sendHoldTime", Scalar.SEND_HOLD_TIME, Duration.ofSeconds(SessionOptions.SEND_HOLD_SECONDS));
        var role = section.optional("role", ROLE);
        var strict = section.optional("strictRole", Scalar.BOOLEAN, false);
        var extended = section.optional("extendedMessages", Scalar.BOOLEAN, true);
        var addPath = section.list("addPathReceive", pathFamily, List.of());
        var imported = section.optionalSections("import", policies::rule);
        var exported = section.optionalSections("export", policies::rule);
        if (limits.value() == null
                || lasting.value() == null
                || sendHold.value() == null
                || hops.value() == null
                || strict.value() == null
                || extended.value() == null
                || addPath.value() == null) {
            return null;
        }
        var byFamily = new HashMap<AddressFamily, PrefixLimit>();
        for (Map.Entry<AddressFamily, PrefixLimit> limit : limits.get()) {
            if (byFamily.put(limit.getKey(), limit.getValue()) != null) {
                section.problem(limits, "prefixLimits", "has " + limit.getKey() + " twice");
            }
        }
        var session = new SessionOptions(
                (int) sendHold.get().toSeconds(),
                (int) lasting.get().toSeconds(),
                role.value(),
                strict.get(),
                extended.get(),
                new HashSet<>(addPath.get()),
                Set.of(),
                Set.of());
        return new PeerOptions(
                session,
                byFamily,
                hops.get().intValue(),
                PolicyParser.policy(imported.value()),
                PolicyParser.policy(exported.value()));
    }

    private Map.@Nullable Entry<AddressFamily, PrefixLimit> limit(Section section) {
        var of = section.required("family", family);
        var max = section.required("max", PREFIXES);
        var warn = section.optional("warnPercent", PERCENT, (long) WARN_PERCENT);
        var restart = section.optional("restartAfter", Scalar.PAUSE);
        return section.end()
                ? Map.entry(
                        of.get(),
                        new PrefixLimit(max.get().intValue(), warn.get().intValue(), restart.value()))
                : null;
    }

    private static AddressFamily family(String text, List<AddressFamily> families) {
        return families.stream()
                .filter(family -> family.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("not an address family: '" + text + "'"));
    }

    private static TcpAo.Algorithm algorithm(String text) {
        return Arrays.stream(TcpAo.Algorithm.values())
                .filter(algorithm -> algorithm.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("not an algorithm: '" + text + "'"));
    }

    private static PeerRole role(String text) {
        return Arrays.stream(PeerRole.values())
                .filter(role -> role.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("not a role: '" + text + "'"));
    }
}
