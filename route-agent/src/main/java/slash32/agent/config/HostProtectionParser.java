package slash32.agent.config;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.Section.Field;
import slash32.net.Prefix;
import slash32.securitygroup.HostRule;
import slash32.securitygroup.InvalidRuleException;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Traffic;

/// Reads what may reach the host itself.
final class HostProtectionParser {
    private static final Scalar<Prefix> PREFIX = new Scalar<>(Tag.STR, "a prefix", Prefix::parse);
    private static final Scalar<IpProtocol> PROTOCOL =
            new Scalar<>(Tag.STR, "a protocol's name, or its number in quotes; not icmp, which always passes", text -> {
                IpProtocol protocol = IpProtocol.parse(text);
                boolean refused = protocol.number() == 0
                        || protocol.equals(IpProtocol.ICMP)
                        || protocol.equals(IpProtocol.ICMPV6);
                if (refused) {
                    throw new IllegalArgumentException("no protocol to allow: '" + text + "'");
                }
                return protocol;
            });

    private HostProtectionParser() {}

    static @Nullable HostProtectionConfig read(Section section) {
        var failsafe = section.list("failsafePorts", Scalar.PORT, HostProtectionConfig.DEFAULT_FAILSAFE_PORTS);
        var allow = section.sections("allow", HostProtectionParser::rule);
        if (failsafe.value() != null && failsafe.value().isEmpty()) {
            section.problem(failsafe, "failsafePorts", "is empty: nobody could get in to put it right");
        }
        return section.end() ? new HostProtectionConfig(Set.copyOf(failsafe.get()), allow.get()) : null;
    }

    private static @Nullable HostRule rule(Section section) {
        var from = section.optional("from", PREFIX);
        var protocol = section.optional("protocol", PROTOCOL);
        var port = section.optional("port", Scalar.PORT);
        var last = section.optional("lastPort", Scalar.PORT);
        IpProtocol of = protocol.value();
        if (port.value() != null && (of == null || !of.hasPorts())) {
            section.problem(port, "port", "needs a protocol that has ports");
        }
        if (last.value() != null && (port.value() == null || last.value() < port.value())) {
            section.problem(last, "lastPort", "must be port or above");
        }
        if (!section.end()) {
            return null;
        }
        try {
            return new HostRule(from.value(), traffic(of, port.value(), last.value()));
        } catch (InvalidRuleException e) {
            section.problem(new Field<>(from.node(), null), e.field(), e.reason());
            return null;
        }
    }

    private static Traffic traffic(@Nullable IpProtocol protocol, @Nullable Integer port, @Nullable Integer last) {
        if (protocol == null) {
            return new Traffic.Any();
        }
        return port == null
                ? new Traffic.OfProtocol(protocol)
                : new Traffic.Ports(protocol, port, last == null ? port : last);
    }
}
