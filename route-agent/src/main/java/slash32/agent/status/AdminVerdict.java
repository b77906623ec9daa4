package slash32.agent.status;

/// What becomes of a packet to or from the admin network, beside routes and keys.
///
/// @param why for people
public record AdminVerdict(boolean passes, String why) {}
