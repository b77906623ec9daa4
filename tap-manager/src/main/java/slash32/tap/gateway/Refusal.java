package slash32.tap.gateway;

import java.util.Locale;

/// Why a frame of the guest's gets no answer; one counter each.
public enum Refusal {
    /// More frames than the endpoint's {@link TokenBucket} allows.
    RATE_LIMITED,
    /// Shorter than its own lengths say, or a field has a value that its RFC forbids.
    MALFORMED,
    BAD_CHECKSUM,
    /// Well formed, but nothing that the gateway answers.
    NOT_A_QUESTION,
    /// Comes from, or claims, a MAC that is not the guest's.
    FOREIGN_MAC,
    /// Asks in the name of an address that is not the guest's.
    FOREIGN_ADDRESS,
    /// The guest asks whether an address is free (RFC 5227 §2.1.1, RFC 4862 §5.4.2): an answer would take it away.
    PROBE,
    /// The guest asks for an address of its own.
    OWN_ADDRESS,
    /// The kernel holds this address on the TAP and answers for it, with us dead or alive.
    KERNEL_ANSWERS,
    /// No host has such an address: unspecified, loopback, multicast, broadcast or reserved.
    NOT_A_HOST,
    /// Link-local and not the gateway's: nobody else is on the guest's link.
    LINK_LOCAL,
    /// Not in what the endpoint may ask for.
    NOT_ON_LINK,
    /// Sent to a MAC or an IP address at which the gateway does not listen.
    NOT_TO_GATEWAY,
    /// A router or an address is asked for by a guest to which no IPv6 address was given.
    NO_IPV6,
    /// An address is asked for by a guest to which no IPv4 address was given.
    NO_IPV4,
    /// The endpoint wants no DHCP.
    DHCP_OFF,
    /// A DHCP message by way of a relay: no relay is between a guest and its gateway.
    RELAYED,
    /// A DHCP message to another server.
    OTHER_SERVER,
    /// The guest found its address to be in use by somebody else (RFC 2131 §4.3.3); it is told nothing.
    DECLINED,
    /// The guest gave its address back (RFC 2131 §4.3.4), which stays its own nevertheless.
    RELEASED;

    private final String label = name().toLowerCase(Locale.ROOT);

    /// The reason as a metric's label.
    public String label() {
        return label;
    }
}
