package slash32.securitygroup;

import java.util.Locale;

/// Why a packet is dropped.
public enum DropReason {
    NO_ENDPOINT("the interface is kept for guests, and is no endpoint's", true, true),
    NOT_IN_FORCE("the endpoint's rules are not in force", true, true),
    SPOOFED("the guest may not send as this address or MAC", true, false),
    TO_HOST("the host has no such service for guests", true, false),
    ROUTER_GUARD("a guest is no router", true, false),
    DHCP_GUARD("a guest is no DHCP server", true, false),
    INVALID("connection tracking knows no flow that it can be of", true, true),
    NO_RULE("no rule of its groups", true, true),
    ENDED("no rule lets pass what it answers, now", true, true),
    PACKET_RATE("more packets a second than the endpoint may have", true, true),
    CONNECTION_RATE("more new connections a second than the endpoint may have", true, true),
    HOST_RULES("no host rule", false, true);

    private final String text;
    private final boolean fromGuest;
    private final boolean toGuest;

    DropReason(String text, boolean fromGuest, boolean toGuest) {
        this.text = text;
        this.fromGuest = fromGuest;
        this.toGuest = toGuest;
    }

    /// For people.
    public String text() {
        return text;
    }

    /// For machines: {@code no-rule}.
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Whether it may be said of packets that go so.
    public boolean isOf(Direction direction) {
        return direction == Direction.EGRESS ? fromGuest : toGuest;
    }
}
