package slash32.agent.status;

/// What must hold for an endpoint, in the order in which it comes to hold.
public enum ConditionKind {
    /// The TAP is there, up, with its MAC, sysctls, gateway addresses and neighbours.
    INTERFACE_READY("InterfaceReady"),
    /// The rules of the endpoint and its groups are in the kernel.
    RULES_ENFORCED("RulesEnforced"),
    /// Every address has its host route to the TAP in the kernel.
    ROUTE_INSTALLED("RouteInstalled"),
    /// Every address was written to every Established peer.
    ADVERTISED("Advertised");

    private final String label;

    ConditionKind(String label) {
        this.label = label;
    }

    /// As the API, the CLI and metrics write it.
    public String label() {
        return label;
    }
}
