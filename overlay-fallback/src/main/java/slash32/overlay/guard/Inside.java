package slash32.overlay.guard;

/// A tunnel that guests' packets go through inside what is sealed: its own packets are of nodes, and go by the way to
/// other sites and no other.
///
/// @param prefix that the names of its devices begin with, and no others'
/// @param protocol of its packets
/// @param aroundBytes of it around a guest's packet
public record Inside(String prefix, int protocol, int aroundBytes) {}
