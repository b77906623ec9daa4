package slash32.tap;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Kernel settings of the calling thread's network namespace (sysctl(7), proc(5)). Stateless.
final class Sysctl {
    private static final Path ROOT = Path.of("/proc/sys");

    private Sysctl() {}

    /// The value of {@code key}, such as {@code net/ipv4/ip_forward}; empty if there is no such key.
    static String read(String key) throws IOException {
        try {
            return Files.readString(ROOT.resolve(key)).strip();
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    static void write(String key, String value) throws IOException {
        try {
            Files.writeString(ROOT.resolve(key), value);
        } catch (IOException e) {
            throw new IOException("set " + key + "=" + value + ": " + e, e);
        }
    }
}
