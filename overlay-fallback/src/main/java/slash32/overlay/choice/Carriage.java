package slash32.overlay.choice;

/// What a guest's packet to another site is put into before it is sealed (docs/adr/0038).
public enum Carriage {
    /// Nothing: ESP in tunnel mode carries IP as it is. On the wire that is IP in IP in ESP of transport mode too (RFC
    /// 3884), so {@code ipip} is a name of it.
    ESP_TUNNEL("esp-tunnel", 0),
    /// GRE between the nodes' underlay addresses (RFC 2784).
    GRE("gre", 20 + 4);

    /// The protocol number of GRE.
    public static final int GRE_PROTOCOL = 47;

    private final String label;
    private final int aroundBytes;

    Carriage(String label, int aroundBytes) {
        this.label = label;
        this.aroundBytes = aroundBytes;
    }

    /// The one of this name.
    ///
    /// @throws IllegalArgumentException for any other, with the reason
    public static Carriage parse(String name) {
        return switch (name) {
            case "esp-tunnel", "ipip" -> ESP_TUNNEL;
            case "gre" -> GRE;
            case "vxlan" ->
                throw new IllegalArgumentException("vxlan is what segments' frames go in, always; routed packets have"
                        + " no frame that it could carry");
            default -> throw new IllegalArgumentException("no such encapsulation: '" + name + "'");
        };
    }

    /// Octets of it around a packet.
    public int aroundBytes() {
        return aroundBytes;
    }

    /// As it is in the configuration.
    @Override
    public String toString() {
        return label;
    }
}
