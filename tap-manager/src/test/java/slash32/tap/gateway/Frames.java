package slash32.tap.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Collectors;

/// Captured frames of src/test/resources, by name, and edits of them.
public final class Frames {
    private Frames() {}

    public static byte[] hex(String name) {
        String digits = text(name + ".hex")
                .lines()
                .filter(line -> !line.startsWith("#"))
                .collect(Collectors.joining());
        return HexFormat.of().parseHex(digits);
    }

    public static String text(String file) {
        try (InputStream in = Frames.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new AssertionError("no test resource " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError("reading " + file, e);
        }
    }

    /// {@code frame} with {@code hex} written over it from {@code offset}.
    public static byte[] edited(byte[] frame, int offset, String hex) {
        byte[] edited = frame.clone();
        byte[] bytes = HexFormat.of().parseHex(hex);
        System.arraycopy(bytes, 0, edited, offset, bytes.length);
        return edited;
    }

    /// {@code frame}, an ICMPv6 message without extension headers, with the checksum that its bytes ask for.
    static byte[] checksummed(byte[] frame) {
        byte[] fixed = frame.clone();
        fixed[56] = 0;
        fixed[57] = 0;
        int length = (fixed[18] & 0xff) << 8 | (fixed[19] & 0xff);
        long sum = 58L + length;
        for (int i = 22; i < 54 + length; i++) {
            sum += (long) (fixed[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        fixed[56] = (byte) (~sum >>> 8);
        fixed[57] = (byte) ~sum;
        return fixed;
    }
}
