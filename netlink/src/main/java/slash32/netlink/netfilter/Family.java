package slash32.netlink.netfilter;

import java.util.Locale;

/// What packets a table sees (NFPROTO_*).
public enum Family {
    /// IPv4 and IPv6.
    INET(1),
    ARP(3),
    BRIDGE(7);

    final int number;

    Family(int number) {
        this.number = number;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
