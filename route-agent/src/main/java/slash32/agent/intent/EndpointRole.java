package slash32.agent.intent;

/// What this node is to an endpoint's guest.
public enum EndpointRole {
    /// The guest is here.
    ACTIVE(100),
    /// The guest is on its way from another node: all is made ready but its routes, which follow its first frame here.
    MIGRATION_TARGET(200);

    private final long localPref;

    EndpointRole(long localPref) {
        this.localPref = localPref;
    }

    /// Of its routes: those of the node that the guest came to come before those of the node that it left.
    public long localPref() {
        return localPref;
    }
}
