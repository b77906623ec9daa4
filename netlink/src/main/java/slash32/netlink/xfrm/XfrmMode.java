package slash32.netlink.xfrm;

/// What ESP covers: the payload of a packet, or all of it (RFC 4301 §4.1).
public enum XfrmMode {
    TRANSPORT(0),
    TUNNEL(1);

    final int number;

    XfrmMode(int number) {
        this.number = number;
    }

    static XfrmMode of(int number) {
        return number == TUNNEL.number ? TUNNEL : TRANSPORT;
    }
}
