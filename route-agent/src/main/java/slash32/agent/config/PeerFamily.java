package slash32.agent.config;

import java.util.Arrays;
import java.util.List;

/// An address family, as the configuration names it.
public enum PeerFamily {
    IPV4_UNICAST("ipv4-unicast"),
    IPV6_UNICAST("ipv6-unicast");

    private final String label;

    PeerFamily(String label) {
        this.label = label;
    }

    /// As the configuration, the API and metrics write it.
    public String label() {
        return label;
    }

    @Override
    public String toString() {
        return label;
    }

    static List<String> labels() {
        return Arrays.stream(values()).map(PeerFamily::label).toList();
    }
}
