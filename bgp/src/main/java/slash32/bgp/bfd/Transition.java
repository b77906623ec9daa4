package slash32.bgp.bfd;

/// What an event did to a session, for those who rely on it (RFC 5882 §3.2).
public enum Transition {
    NONE,
    UP,
    /// Up no longer: the neighbour can't be reached, or says that we can't.
    LOST,
    /// Up no longer because the neighbour was told to stop: says nothing about the path.
    ENDED_BY_NEIGHBOR
}
