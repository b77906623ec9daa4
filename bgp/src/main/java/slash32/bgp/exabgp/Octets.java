package slash32.bgp.exabgp;

import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// A cursor over a message whose first fault sticks: what is read after it is zero and the cursor is at its end, so
/// that a decoder need ask only once. Slices share the fault.
final class Octets {
    /// The first fault of all slices of a message.
    static final class Fault {
        @Nullable
        Refusal refusal;
    }

    private static final char[] UPPER = "0123456789ABCDEF".toCharArray();

    private final byte[] bytes;
    private final int to;
    private final Fault fault;
    private int at;

    Octets(byte[] bytes, int from, int to) {
        this(bytes, from, to, new Fault());
    }

    private Octets(byte[] bytes, int from, int to, Fault fault) {
        this.bytes = bytes;
        this.at = from;
        this.to = to;
        this.fault = fault;
    }

    @Nullable
    Refusal refusal() {
        return fault.refusal;
    }

    /// The same octets with a fault of their own, for a part whose failure is not the message's.
    Octets apart() {
        return new Octets(bytes, at, to, new Fault());
    }

    void fail(int code, int subcode) {
        if (fault.refusal == null) {
            fault.refusal = new Refusal(code, subcode);
        }
    }

    int remaining() {
        return fault.refusal == null ? to - at : 0;
    }

    boolean hasMore() {
        return remaining() > 0;
    }

    /// The octet that is {@code ahead} of the next one; 0 past the end.
    int peek(int ahead) {
        return ahead < remaining() ? bytes[at + ahead] & 0xff : 0;
    }

    int u8() {
        return (int) number(1);
    }

    int u16() {
        return (int) number(2);
    }

    int u24() {
        return (int) number(3);
    }

    long u32() {
        return number(4);
    }

    /// Eight octets, or fewer if {@code count} says so, as a number.
    long number(int count) {
        if (remaining() < count) {
            fail(0, 0);
            return 0;
        }
        long number = 0;
        for (int i = 0; i < count; i++) {
            number = number << 8 | (bytes[at++] & 0xff);
        }
        return number;
    }

    /// All that remains as one number; 0 if nothing does.
    long numberOfAll() {
        return number(remaining());
    }

    /// The next {@code count} octets, or those that are there.
    Octets upTo(int count) {
        int taken = Math.max(0, Math.min(count, remaining()));
        var slice = new Octets(bytes, at, at + taken, fault);
        at += taken;
        return slice;
    }

    String ipv4() {
        return new Ipv4Address((int) u32()).toString();
    }

    /// As inet_ntop(3) writes it: an IPv4-mapped address ends in dots.
    String ipv6() {
        long high = number(8);
        long low = number(8);
        long head = low >>> 32;
        boolean mapped = high == 0 && head == 0xffff;
        boolean compatible = high == 0 && head == 0 && low > 0xffff;
        if (mapped || compatible) {
            return (mapped ? "::ffff:" : "::") + new Ipv4Address((int) low);
        }
        return new Ipv6Address(high, low).toString();
    }

    /// An address of as many octets as there are: 4 or 16.
    String address() {
        return switch (remaining()) {
            case 4 -> ipv4();
            case 16 -> ipv6();
            default -> {
                fail(0, 0);
                yield "";
            }
        };
    }

    /// A prefix of {@code bits}, the octets that are not there zero.
    String prefix(boolean ipv6, int bits) {
        byte[] address = new byte[ipv6 ? 16 : 4];
        int octets = (bits + 7) / 8;
        if (octets > remaining() || octets > address.length) {
            fail(3, 10);
            return "";
        }
        System.arraycopy(bytes, at, address, 0, octets);
        at += octets;
        return new Octets(address, 0, address.length).address() + "/" + bits;
    }

    /// What remains in upper-case hexadecimal.
    String hex() {
        return hex(new StringBuilder(2 * remaining())).toString();
    }

    StringBuilder hex(StringBuilder into) {
        while (hasMore()) {
            int octet = u8();
            into.append(UPPER[octet >>> 4]).append(UPPER[octet & 15]);
        }
        return into;
    }

    /// "0x" and what remains in lower-case hexadecimal.
    String lowerHex() {
        return "0x" + hex().toLowerCase(java.util.Locale.ROOT);
    }
}
