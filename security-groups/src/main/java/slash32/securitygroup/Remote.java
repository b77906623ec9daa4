package slash32.securitygroup;

import slash32.net.Prefix;

/// The other end that a rule is for.
public sealed interface Remote {
    /// Every address of the rule's family.
    record Anywhere() implements Remote {}

    /// Addresses of one prefix.
    record Addresses(Prefix prefix) implements Remote {}

    /// The addresses of a group's members; nobody while it has none.
    record Members(GroupId group) implements Remote {}
}
