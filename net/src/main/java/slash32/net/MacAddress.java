package slash32.net;

import java.util.regex.Pattern;

/// An EUI-48 address.
///
/// @param value the 48 bits, the first octet most significant
public record MacAddress(long value) implements Comparable<MacAddress> {
    public static final MacAddress BROADCAST = new MacAddress(0xffff_ffff_ffffL);

    /// Of the gateway that every guest finds on every node, be it routed or in a segment.
    public static final MacAddress GATEWAY = new MacAddress(0xfe53_3200_0001L);

    private static final Pattern TEXT = Pattern.compile("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}");

    public MacAddress {
        if (value < 0 || value > 0xffff_ffff_ffffL) {
            throw new IllegalArgumentException("a MAC address has 48 bits, got 0x" + Long.toHexString(value));
        }
    }

    /// Parses six colon-separated octets of two hexadecimal digits.
    ///
    /// @throws IllegalArgumentException naming the text
    public static MacAddress parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("not a MAC address (six octets as aa:bb:cc:dd:ee:ff): '" + text + "'");
        }
        return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
    }

    /// The address in {@code bytes[offset, offset + 6)}.
    public static MacAddress of(byte[] bytes, int offset) {
        long value = 0;
        for (int i = 0; i < 6; i++) {
            value = value << 8 | (bytes[offset + i] & 0xff);
        }
        return new MacAddress(value);
    }

    /// Six bytes in transmission order; a fresh array.
    public byte[] toArray() {
        byte[] bytes = new byte[6];
        for (int i = 0; i < 6; i++) {
            bytes[i] = (byte) (value >>> (40 - 8 * i));
        }
        return bytes;
    }

    /// True for a group address (multicast or broadcast).
    public boolean isGroup() {
        return (value >>> 40 & 1) != 0;
    }

    /// The modified EUI-64 link-local address of an interface with this MAC (RFC 4291 appendix A).
    public Ipv6Address linkLocal() {
        long interfaceId = ((value >>> 24) ^ 0x02_0000L) << 40 | 0xff_fe00_0000L | (value & 0xff_ffffL);
        return new Ipv6Address(0xfe80L << 48, interfaceId);
    }

    @Override
    public int compareTo(MacAddress other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return "%02x:%02x:%02x:%02x:%02x:%02x"
                .formatted(
                        value >>> 40,
                        value >>> 32 & 0xff,
                        value >>> 24 & 0xff,
                        value >>> 16 & 0xff,
                        value >>> 8 & 0xff,
                        value & 0xff);
    }
}
