package slash32.agent.status;

/// How much is in the RIBs of one address family.
///
/// @param family as in the config: {@code ipv4-unicast}
/// @param paths in all Adj-RIBs-In, the own ones included
/// @param best prefixes in the Loc-RIB
/// @param originated prefixes that this node advertises
public record RibView(String family, long paths, long best, long originated) {}
