package slash32.overlay.evpn;

/// Why a route that a segment imports is not used, or not all of it.
public enum Refusal {
    /// Its Ethernet Tag is not 0: the sender has VLAN-aware bundles (RFC 7432 §6.3).
    ETHERNET_TAG("ethernet-tag"),
    /// Its label is another VNI than the segment's.
    VNI("vni"),
    /// Another encapsulation than VXLAN.
    ENCAPSULATION("encapsulation"),
    /// Flooded frames by another way than ingress replication.
    FLOODING("flooding"),
    /// Of a MAC that no interface can have, or that is every gateway's.
    MAC("mac"),
    /// Its VTEP is no IPv4 address, or ours.
    VTEP("vtep"),
    /// It has more communities of ours than a port has groups: it is used, without any of them.
    COMMUNITIES("communities"),
    /// Its VTEP has as many routes in the segment as are taken of one: it waits for another to go.
    LIMIT("limit"),
    /// Of a type that has no place in a segment: multihoming, prefixes.
    TYPE("type");

    private final String label;

    Refusal(String label) {
        this.label = label;
    }

    /// For metrics.
    public String label() {
        return label;
    }
}
