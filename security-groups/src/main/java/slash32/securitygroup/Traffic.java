package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import org.jspecify.annotations.Nullable;

/// What a rule lets pass, apart from addresses. Canonical: equal values let the same packets pass.
public sealed interface Traffic {
    int MIN_PORT = 1;
    int MAX_PORT = 65_535;

    /// The one protocol it is of; null for any.
    @Nullable
    IpProtocol protocol();

    /// Every IP packet.
    record Any() implements Traffic {
        @Override
        public @Nullable IpProtocol protocol() {
            return null;
        }
    }

    /// Every packet of one protocol.
    record OfProtocol(IpProtocol protocol) implements Traffic {}

    /// A range of destination ports, neither empty nor full.
    ///
    /// @param protocol one that has ports
    /// @param min the lowest, 1 to {@code max}
    /// @param max the highest, {@code min} to 65535
    record Ports(IpProtocol protocol, int min, int max) implements Traffic {
        public Ports {
            require(
                    protocol.hasPorts(),
                    "portRangeMin",
                    "only for tcp, udp, sctp, dccp and udplite, not for protocol " + protocol);
            require(min >= MIN_PORT && min <= MAX_PORT, "portRangeMin", "must be 1 to 65535, was " + min);
            require(max >= MIN_PORT && max <= MAX_PORT, "portRangeMax", "must be 1 to 65535, was " + max);
            require(min <= max, "portRangeMin", "must not be above portRangeMax, was " + min + " above " + max);
        }
    }

    /// ICMP or ICMPv6 messages of one type.
    ///
    /// @param protocol ICMP or ICMPv6
    /// @param type 0 to 255
    /// @param code 0 to 255; null for all of the type
    record Icmp(IpProtocol protocol, int type, @Nullable Integer code) implements Traffic {
        public Icmp {
            require(
                    protocol.equals(IpProtocol.ICMP) || protocol.equals(IpProtocol.ICMPV6),
                    "portRangeMin",
                    "is a type only for icmp and ipv6-icmp, not for protocol " + protocol);
            require(type >= 0 && type <= 255, "portRangeMin", "is the ICMP type: must be 0 to 255, was " + type);
            require(
                    code == null || (code >= 0 && code <= 255),
                    "portRangeMax",
                    "is the ICMP code: must be 0 to 255, was " + code);
        }
    }

    /// Reads Neutron's three fields into canonical form: {@code 0}, {@code ip} and {@code hopopt} are any; ICMP of an
    /// IPv6 rule is ICMPv6; ports 1 to 65535 are no ports.
    ///
    /// @param protocol a name or number; null or {@code any} for every one
    /// @param portRangeMin the lowest port, or the ICMP type
    /// @param portRangeMax the highest port, or the ICMP code
    /// @throws InvalidRuleException naming the field
    static Traffic of(
            EtherType etherType,
            @Nullable String protocol,
            @Nullable Integer portRangeMin,
            @Nullable Integer portRangeMax) {
        IpProtocol wanted = protocol == null || protocol.equals("any") ? new IpProtocol(0) : IpProtocol.parse(protocol);
        if (wanted.equals(IpProtocol.ICMP) && etherType == EtherType.IPV6) {
            wanted = IpProtocol.ICMPV6;
        }
        if (wanted.number() == 0) {
            require(portRangeMin == null, "portRangeMin", "needs a protocol");
            require(portRangeMax == null, "portRangeMax", "needs a protocol");
            return new Any();
        }
        if (wanted.equals(IpProtocol.ICMP) || wanted.equals(IpProtocol.ICMPV6)) {
            if (portRangeMin != null) {
                return new Icmp(wanted, portRangeMin, portRangeMax);
            }
            require(portRangeMax == null, "portRangeMax", "an ICMP code needs a type in portRangeMin");
            return new OfProtocol(wanted);
        }
        return ports(wanted, portRangeMin, portRangeMax);
    }

    private static Traffic ports(IpProtocol protocol, @Nullable Integer min, @Nullable Integer max) {
        if (min == null && max == null) {
            return new OfProtocol(protocol);
        }
        if (min == null) {
            throw new InvalidRuleException("portRangeMin", "must be given together with portRangeMax");
        }
        if (max == null) {
            throw new InvalidRuleException("portRangeMax", "must be given together with portRangeMin");
        }
        Ports ports = new Ports(protocol, min, max);
        return min == MIN_PORT && max == MAX_PORT ? new OfProtocol(protocol) : ports;
    }
}
