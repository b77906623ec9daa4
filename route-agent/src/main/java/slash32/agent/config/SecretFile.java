package slash32.agent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import slash32.net.Bytes;

/// A file that holds a secret: its bytes, without one line end at their end. Nobody but its owner may read it.
public final class SecretFile {
    private static final int MAX_BYTES = 1024;
    private static final Set<PosixFilePermission> ALLOWED =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private SecretFile() {}

    /// Reads the secret.
    ///
    /// @throws IOException if it can't be read, others may read it too, or it has no or more than 1,024 bytes
    public static Bytes read(Path file) throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        if (!ALLOWED.containsAll(mode)) {
            throw new IOException(file + ": a secret must be its owner's alone (mode 0600), is "
                    + PosixFilePermissions.toString(mode));
        }
        byte[] bytes = Files.readAllBytes(file);
        int length = bytes.length > 0 && bytes[bytes.length - 1] == '\n' ? bytes.length - 1 : bytes.length;
        if (length == 0 || length > MAX_BYTES) {
            throw new IOException(file + ": a secret must have 1 to " + MAX_BYTES + " bytes, this one has " + length);
        }
        return Bytes.copyOf(bytes, 0, length);
    }
}
