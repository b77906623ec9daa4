package slash32.bgp.wire;

/// How many octets an AS number has in AS_PATH and AGGREGATOR on a session (RFC 6793 §4).
public enum AsWidth {
    TWO_OCTETS(2),
    FOUR_OCTETS(4);

    private final int bytes;

    AsWidth(int bytes) {
        this.bytes = bytes;
    }

    public int bytes() {
        return bytes;
    }
}
