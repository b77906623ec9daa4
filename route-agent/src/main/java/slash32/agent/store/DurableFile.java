package slash32.agent.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/// Files that survive a power cut whole or not at all, and the checksums by which we know it.
final class DurableFile {
    static final int DIGEST_CHARACTERS = 64;

    private DurableFile() {}

    /// Replaces {@code file}; on return the new one survives a power cut.
    ///
    /// @return open for writing, at its end
    static FileChannel replace(Path file, byte[]... parts) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        FileChannel channel = FileChannel.open(
                fresh, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        try {
            for (byte[] part : parts) {
                write(channel, part);
            }
            channel.force(true);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            syncFolder(file);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    static void write(FileChannel channel, byte[] bytes) throws IOException {
        var rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }

    /// Gives {@code file} another name, under which nobody looks for it.
    ///
    /// @return the name
    static String setAside(Path file) throws IOException {
        int number = 1;
        while (Files.exists(aside(file, number))) {
            number++;
        }
        Path aside = aside(file, number);
        Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
        syncFolder(file);
        return aside.getFileName().toString();
    }

    private static Path aside(Path file, int number) {
        return file.resolveSibling(file.getFileName() + ".corrupt-" + number);
    }

    private static void syncFolder(Path file) throws IOException {
        try (var channel = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// True if {@code text} stands at {@code at}.
    static boolean has(byte[] bytes, int at, String text) {
        byte[] wanted = text.getBytes(US_ASCII);
        return at + wanted.length <= bytes.length
                && Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
    }

    /// SHA-256 in hexadecimal.
    static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
