package slash32.lab.topology;

import java.util.Locale;

/// The kinds of node that run without a container engine.
public enum Kind {
    /// Programs in a network namespace.
    LINUX,
    /// A bridge of the host, or of a node's namespace.
    BRIDGE,
    /// The host itself: runs commands, owns nothing.
    HOST;

    /// @throws IllegalArgumentException saying what to write instead
    static Kind parse(String text) {
        return switch (text) {
            case "linux" -> LINUX;
            case "bridge" -> BRIDGE;
            case "host" -> HOST;
            case "ovs-bridge" ->
                throw new IllegalArgumentException("kind ovs-bridge needs Open vSwitch; use kind bridge");
            case "k8s-kind", "ext-container" ->
                throw new IllegalArgumentException("kind " + text
                        + " needs a container engine; use kind linux, or network-mode: container:NAMESPACE to join a"
                        + " namespace that is there");
            default ->
                throw new IllegalArgumentException("kind " + text
                        + " runs a vendor's image, which needs a container engine; use kind linux with an image that"
                        + " native.yml maps to host programs, such as bird or gobgp");
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
