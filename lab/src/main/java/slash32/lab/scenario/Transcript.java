package slash32.lab.scenario;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// What a run tells whoever watches, kept in a file that outlives the lab.
final class Transcript extends OutputStream {
    private final PrintStream watched;
    private final OutputStream kept;

    private Transcript(PrintStream watched, OutputStream kept) {
        this.watched = watched;
        this.kept = kept;
    }

    /// A stream whose words go to {@code watched} and into {@code file}, instead of what an earlier run left there.
    static PrintStream open(PrintStream watched, Path file) throws IOException {
        return new PrintStream(new Transcript(watched, Files.newOutputStream(file)), true, StandardCharsets.UTF_8);
    }

    @Override
    public void write(int octet) throws IOException {
        watched.write(octet);
        kept.write(octet);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        watched.write(bytes, offset, length);
        kept.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
        watched.flush();
        kept.flush();
    }

    /// Only the file: who watches goes on.
    @Override
    public void close() throws IOException {
        flush();
        kept.close();
    }
}
