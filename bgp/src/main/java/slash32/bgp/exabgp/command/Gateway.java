package slash32.bgp.exabgp.command;

import slash32.net.IpAddress;

/// What "next-hop" says.
public sealed interface Gateway {
    /// Nothing.
    record Unsaid() implements Gateway {}

    /// "self": our address of the session.
    record Self() implements Gateway {}

    record At(IpAddress address) implements Gateway {}
}
