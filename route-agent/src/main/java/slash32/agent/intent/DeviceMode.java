package slash32.agent.intent;

/// Who brings an endpoint's TAP into being.
public enum DeviceMode {
    /// The agent makes it, and removes it with the endpoint.
    CREATE,
    /// The hypervisor makes and removes it, before or after the endpoint is stated.
    ADOPT
}
