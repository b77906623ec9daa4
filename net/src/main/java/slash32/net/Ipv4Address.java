package slash32.net;

/// An IPv4 address.
///
/// @param value the 32 bits, most significant first
public record Ipv4Address(int value) implements IpAddress {

    /// Parses four decimal parts from 0 to 255 without leading zeros.
    ///
    /// @throws IllegalArgumentException naming the text
    public static Ipv4Address parse(String text) {
        int value = 0;
        int at = 0;
        for (int part = 0; part < 4; part++) {
            int start = at;
            int octet = 0;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9' && at - start < 3) {
                octet = octet * 10 + (text.charAt(at++) - '0');
            }
            boolean leadingZero = at - start > 1 && text.charAt(start) == '0';
            boolean ended = part == 3 ? at == text.length() : at < text.length() && text.charAt(at) == '.';
            if (at == start || octet > 255 || leadingZero || !ended) {
                throw new IllegalArgumentException("not an IPv4 address: '" + text + "'");
            }
            at++;
            value = value << 8 | octet;
        }
        return new Ipv4Address(value);
    }

    /// The address in four bytes of network order.
    public static Ipv4Address of(byte[] bytes) {
        if (bytes.length != 4) {
            throw new IllegalArgumentException("an IPv4 address has 4 bytes, got " + bytes.length);
        }
        return new Ipv4Address(
                (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | (bytes[3] & 0xff));
    }

    /// Written out: the generated one goes through method handles, which the JVM does not inline while it is cold.
    @Override
    public boolean equals(Object other) {
        return other instanceof Ipv4Address that && value == that.value;
    }

    @Override
    public int hashCode() {
        return value;
    }

    @Override
    public byte[] toArray() {
        return new byte[] {(byte) (value >>> 24), (byte) (value >>> 16), (byte) (value >>> 8), (byte) value};
    }

    @Override
    public int bits() {
        return 32;
    }

    @Override
    public Ipv4Address masked(int length) {
        return new Ipv4Address(length == 0 ? 0 : value & (-1 << (32 - length)));
    }

    @Override
    public boolean isMulticast() {
        return value >>> 28 == 0xe;
    }

    @Override
    public boolean isLoopback() {
        return value >>> 24 == 127;
    }

    @Override
    public boolean isLinkLocal() {
        return value >>> 16 == 0xa9fe;
    }

    @Override
    public boolean isUnspecified() {
        return value == 0;
    }

    @Override
    public String toString() {
        return (value >>> 24) + "." + (value >>> 16 & 0xff) + "." + (value >>> 8 & 0xff) + "." + (value & 0xff);
    }
}
