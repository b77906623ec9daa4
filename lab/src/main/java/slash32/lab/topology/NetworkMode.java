package slash32.lab.topology;

/// Where a node's interfaces live.
public sealed interface NetworkMode {
    /// A namespace of its own, with `eth0` on the management network.
    record Managed() implements NetworkMode {}

    /// A namespace of its own, with the topology's links and nothing else.
    record None() implements NetworkMode {}

    /// The host's namespace.
    record Host() implements NetworkMode {}

    /// The namespace of another node, or one that is there before and isn't ours.
    ///
    /// @param name a node of this topology, or a name in `ip netns`
    record Shared(String name) implements NetworkMode {}

    /// Reads `network-mode`.
    ///
    /// @throws IllegalArgumentException saying what is allowed
    static NetworkMode parse(String text) {
        if (text.startsWith("container:") && text.length() > "container:".length()) {
            return new Shared(text.substring("container:".length()));
        }
        return switch (text) {
            case "bridge", "" -> new Managed();
            case "none" -> new None();
            case "host" -> new Host();
            default ->
                throw new IllegalArgumentException("must be bridge, none, host or container:NODE, was '" + text + "'");
        };
    }
}
