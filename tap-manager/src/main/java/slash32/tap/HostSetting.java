package slash32.tap;

/// A sysctl of the node that routing between guests and fabric depends on. Set, and never set back.
public enum HostSetting {
    IPV4_FORWARD("net/ipv4/ip_forward", "1"),
    IPV6_FORWARD("net/ipv6/conf/all/forwarding", "1"),
    /// In force on an interface if either this or the interface's own is on.
    IPV4_SEND_REDIRECTS("net/ipv4/conf/all/send_redirects", "0"),
    /// With it off, moving a nexthop object costs 0.04 ms; with it on, a walk of the table. Both families.
    NEXTHOP_COMPAT_MODE("net/ipv4/nexthop_compat_mode", "0");

    private final String path;
    private final String wanted;

    HostSetting(String path, String wanted) {
        this.path = path;
        this.wanted = wanted;
    }

    /// Below /proc/sys.
    public String path() {
        return path;
    }

    /// The value that the node needs.
    public String wanted() {
        return wanted;
    }
}
