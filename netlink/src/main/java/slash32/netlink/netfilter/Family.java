package slash32.netlink.netfilter;

/// What packets a table sees (NFPROTO_*).
public enum Family {
    /// IPv4 and IPv6.
    INET(1),
    ARP(3);

    final int number;

    Family(int number) {
        this.number = number;
    }

    @Override
    public String toString() {
        return this == INET ? "inet" : "arp";
    }
}
