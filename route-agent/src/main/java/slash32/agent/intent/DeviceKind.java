package slash32.agent.intent;

/// What an endpoint's interface may be.
public enum DeviceKind {
    /// A TAP, as hypervisors open them.
    TAP,
    /// Whatever has the name: a veth of a container, a macvtap. Only for {@link DeviceMode#ADOPT}.
    ANY
}
