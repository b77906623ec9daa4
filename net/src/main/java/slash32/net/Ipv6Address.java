package slash32.net;

import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An IPv6 address.
///
/// A link-local address means something only on its link (RFC 4007 §4). Where it leaves the link's own code, it carries
/// the link's index in bits that are zero on the wire (RFC 4291 §2.5.6), as in BSD's kernels: {@link #onLink}.
///
/// @param high the first 64 bits
/// @param low the last 64 bits
public record Ipv6Address(long high, long low) implements IpAddress {
    private static final int GROUPS = 8;
    private static final Pattern ZONE = Pattern.compile("[1-9][0-9]{0,8}");
    private static final int LINK_LOCAL = 0xfe80_0000;
    private static final long LINK_MASK = 0xffff_ffffL;

    /// Parses RFC 4291 §2.2 text in all three forms, and {@link #toString}'s of an address on a link.
    ///
    /// @throws IllegalArgumentException naming the text
    public static Ipv6Address parse(String text) {
        int zone = text.indexOf('%');
        if (zone >= 0) {
            Ipv6Address address = withoutZone(text.substring(0, zone), text);
            if (!address.isLinkLocal()
                    || !ZONE.matcher(text.substring(zone + 1)).matches()) {
                throw malformed(text);
            }
            return address.onLink(new InterfaceIndex(Integer.parseInt(text.substring(zone + 1))));
        }
        return withoutZone(text, text);
    }

    private static Ipv6Address withoutZone(String text, String given) {
        String colons = embeddedIpv4AsGroups(text);
        int gap = colons.indexOf("::");
        int[] groups = new int[GROUPS];
        if (gap < 0) {
            String[] parts = colons.split(":", -1);
            if (parts.length != GROUPS) {
                throw malformed(given);
            }
            fill(parts, groups, 0, given);
        } else {
            String[] head = split(colons.substring(0, gap));
            String[] tail = split(colons.substring(gap + 2));
            if (head.length + tail.length >= GROUPS) {
                throw malformed(given);
            }
            fill(head, groups, 0, given);
            fill(tail, groups, GROUPS - tail.length, given);
        }
        return new Ipv6Address(word(groups, 0), word(groups, 4));
    }

    /// The address in sixteen bytes of network order.
    public static Ipv6Address of(byte[] bytes) {
        if (bytes.length != 16) {
            throw new IllegalArgumentException("an IPv6 address has 16 bytes, got " + bytes.length);
        }
        return new Ipv6Address(word(bytes, 0), word(bytes, 8));
    }

    /// The link that {@link #onLink} put into the address; null if it has none.
    public @Nullable InterfaceIndex link() {
        int index = (int) high;
        return canBeOnLink() && index > 0 ? new InterfaceIndex(index) : null;
    }

    /// True for a link-local address with zeros where they must be, or a link in their place.
    public boolean canBeOnLink() {
        return (int) (high >>> 32) == LINK_LOCAL;
    }

    /// This address on {@code link}. Never for the wire.
    ///
    /// @throws IllegalArgumentException if it {@linkplain #canBeOnLink can't be}
    public Ipv6Address onLink(InterfaceIndex link) {
        if (!canBeOnLink()) {
            throw new IllegalArgumentException(this + " is not of one link");
        }
        return new Ipv6Address((high & ~LINK_MASK) | link.value(), low);
    }

    /// Written out, as {@link Ipv4Address#equals} is.
    @Override
    public boolean equals(Object other) {
        return other instanceof Ipv6Address that && high == that.high && low == that.low;
    }

    @Override
    public int hashCode() {
        return 31 * Long.hashCode(high) + Long.hashCode(low);
    }

    @Override
    public Ipv6Address withoutLink() {
        return canBeOnLink() ? new Ipv6Address(high & ~LINK_MASK, low) : this;
    }

    private static String embeddedIpv4AsGroups(String text) {
        if (text.indexOf('.') < 0) {
            return text;
        }
        int lastColon = text.lastIndexOf(':');
        int v4 = Ipv4Address.parse(text.substring(lastColon + 1)).value();
        return text.substring(0, lastColon + 1) + Integer.toHexString(v4 >>> 16) + ":"
                + Integer.toHexString(v4 & 0xffff);
    }

    private static String[] split(String side) {
        return side.isEmpty() ? new String[0] : side.split(":", -1);
    }

    private static void fill(String[] parts, int[] groups, int from, String text) {
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (part.isEmpty()
                    || part.length() > 4
                    || !part.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128)) {
                throw malformed(text);
            }
            groups[from + i] = Integer.parseInt(part, 16);
        }
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("not an IPv6 address: '" + text + "'");
    }

    private static long word(int[] groups, int from) {
        return (long) groups[from] << 48
                | (long) groups[from + 1] << 32
                | (long) groups[from + 2] << 16
                | groups[from + 3];
    }

    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = 0; i < 8; i++) {
            word = word << 8 | (bytes[from + i] & 0xff);
        }
        return word;
    }

    @Override
    public byte[] toArray() {
        byte[] bytes = new byte[16];
        for (int i = 0; i < 8; i++) {
            bytes[i] = (byte) (high >>> (56 - 8 * i));
            bytes[8 + i] = (byte) (low >>> (56 - 8 * i));
        }
        return bytes;
    }

    @Override
    public int bits() {
        return 128;
    }

    @Override
    public Ipv6Address masked(int length) {
        return new Ipv6Address(high & mask(Math.min(length, 64)), low & mask(Math.max(length - 64, 0)));
    }

    private static long mask(int length) {
        return length == 0 ? 0 : -1L << (64 - length);
    }

    @Override
    public boolean isMulticast() {
        return high >>> 56 == 0xff;
    }

    @Override
    public boolean isLoopback() {
        return high == 0 && low == 1;
    }

    @Override
    public boolean isLinkLocal() {
        return high >>> 54 == 0xfe80 >>> 6;
    }

    @Override
    public boolean isUnspecified() {
        return high == 0 && low == 0;
    }

    /// RFC 5952 §4 text: lower case, the longest run of at least two zero groups shortened, the first such run on a
    /// tie. One on a link has its index behind it: {@code fe80::1%7} (RFC 4007 §11).
    @Override
    public String toString() {
        InterfaceIndex link = link();
        return link == null ? text() : withoutLink().text() + "%" + link;
    }

    private String text() {
        int[] groups = new int[GROUPS];
        Arrays.setAll(groups, i -> (int) ((i < 4 ? high : low) >>> (48 - 16 * (i % 4))) & 0xffff);
        int runStart = -1;
        int runLength = 1;
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && groups[end] == 0) {
                end++;
            }
            if (end - i > runLength) {
                runStart = i;
                runLength = end - i;
            }
            i = Math.max(i, end - 1);
        }
        var text = new StringBuilder(39);
        for (int i = 0; i < GROUPS; i++) {
            if (i == runStart) {
                text.append("::");
                i += runLength - 1;
            } else {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }
}
