package slash32.netlink.socket;

/// Netlink families that slash32 speaks (linux/netlink.h).
public enum NetlinkProtocol {
    ROUTE(0),
    /// Its messages hold keys.
    XFRM(6),
    NETFILTER(12);

    final int number;

    NetlinkProtocol(int number) {
        this.number = number;
    }
}
