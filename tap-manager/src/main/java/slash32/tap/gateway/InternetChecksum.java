package slash32.tap.gateway;

/// The Internet checksum (RFC 1071): zero over bytes that carry a right one.
public final class InternetChecksum {
    private InternetChecksum() {}

    /// Of {@code bytes[from, to)}, on top of {@code sum}, the sum of other 16-bit words.
    public static int of(byte[] bytes, int from, int to, long sum) {
        long folded = sum + sum(bytes, from, to);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        return (int) (~folded & 0xffff);
    }

    /// The sum of the 16-bit words in {@code bytes[from, to)}, an odd last byte filled up with zero.
    public static long sum(byte[] bytes, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i += 2) {
            sum += (bytes[i] & 0xff) << 8 | (i + 1 < to ? bytes[i + 1] & 0xff : 0);
        }
        return sum;
    }
}
