package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import org.jspecify.annotations.Nullable;
import slash32.net.Prefix;

/// What an operator lets reach a service of the host itself.
///
/// @param from who may; null for everybody, IPv4 and IPv6
/// @param traffic all, a protocol, or ports of one
public record HostRule(@Nullable Prefix from, Traffic traffic) {
    public HostRule {
        require(!(traffic instanceof Traffic.Icmp), "traffic", "ICMP always passes");
        require(
                from != null || !(traffic instanceof Traffic.Any),
                "from",
                "must be given, or a protocol: a rule for everything of everybody would protect nothing");
    }
}
