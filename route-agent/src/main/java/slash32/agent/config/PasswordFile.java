package slash32.agent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import slash32.net.Bytes;

/// A file that holds a TCP MD5 key (RFC 2385): its bytes, without one line end at their end.
public final class PasswordFile {
    /// TCP_MD5SIG_MAXKEYLEN of tcp(7).
    private static final int MAX_BYTES = 80;

    private PasswordFile() {}

    /// Reads the key.
    ///
    /// @throws IOException if it can't be read, or has no or more than 80 bytes
    public static Bytes read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes.length > 0 && bytes[bytes.length - 1] == '\n' ? bytes.length - 1 : bytes.length;
        if (length == 0 || length > MAX_BYTES) {
            throw new IOException(file + ": a password must have 1 to " + MAX_BYTES + " bytes, this one has " + length);
        }
        return Bytes.copyOf(bytes, 0, length);
    }
}
