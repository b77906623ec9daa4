package slash32.bgp.speaker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import slash32.bgp.bmp.BmpDecoder;
import slash32.bgp.bmp.BmpMessage;

/// A BMP station that keeps what it is told, and reads only when it is asked to.
final class Station implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final ServerSocket server = new ServerSocket();
    private Socket router = new Socket();
    private byte[] unread = new byte[0];
    final List<BmpMessage> told = new ArrayList<>();

    Station(String address, int port) throws IOException {
        server.setReuseAddress(true);
        server.setReceiveBufferSize(16_384);
        server.bind(new InetSocketAddress(address, port));
        server.setSoTimeout((int) TimeUnit.NANOSECONDS.toMillis(PATIENCE_NANOS));
    }

    /// Waits for the router's next connection.
    Station accept() throws IOException {
        router.close();
        router = server.accept();
        router.setSoTimeout((int) TimeUnit.NANOSECONDS.toMillis(PATIENCE_NANOS));
        unread = new byte[0];
        told.clear();
        return this;
    }

    /// Reads until a message is as wanted, and returns that.
    BmpMessage await(Predicate<BmpMessage> wanted) throws IOException {
        while (true) {
            BmpMessage next = next();
            if (wanted.test(next)) {
                return next;
            }
        }
    }

    /// The next message; an error if there is none any more.
    BmpMessage next() throws IOException {
        InputStream in = router.getInputStream();
        while (true) {
            switch (BmpDecoder.decode(unread, 0, unread.length)) {
                case BmpDecoder.Decoded.Accepted(BmpMessage message, int length) -> {
                    unread = java.util.Arrays.copyOfRange(unread, length, unread.length);
                    told.add(message);
                    return message;
                }
                case BmpDecoder.Decoded.Incomplete() -> {
                    byte[] more = new byte[65_536];
                    int read = in.read(more);
                    if (read < 0) {
                        throw new java.io.EOFException("the router closed");
                    }
                    var both = new ByteArrayOutputStream();
                    both.writeBytes(unread);
                    both.write(more, 0, read);
                    unread = both.toByteArray();
                }
                case BmpDecoder.Decoded.Malformed(String reason) -> throw new AssertionError(reason);
            }
        }
    }

    @Override
    public void close() throws IOException {
        router.close();
        server.close();
    }
}
