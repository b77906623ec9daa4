package slash32.agent.api;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A connection to the API's socket: one request after the other, over HTTP/1.1.
///
/// Understands what this agent's server sends and no more. Not thread-safe.
public final class ApiClient implements AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final SocketChannel channel;
    private final Selector selector;
    private final Duration timeout;
    private final ByteBuffer received = ByteBuffer.allocate(BUFFER_BYTES).flip();

    private ApiClient(SocketChannel channel, Selector selector, Duration timeout) {
        this.channel = channel;
        this.selector = selector;
        this.timeout = timeout;
    }

    /// Connects to the socket at {@code path}.
    ///
    /// @param timeout for every single step: connecting, sending, the next bytes of an answer
    /// @throws IOException naming the path, if nobody answers there
    public static ApiClient connect(Path path, Duration timeout) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(path));
            channel.configureBlocking(false);
            Selector selector = Selector.open();
            channel.register(selector, 0);
            return new ApiClient(channel, selector, timeout);
        } catch (IOException e) {
            channel.close();
            throw new ConnectException("no agent answers on " + path + ": " + e.getMessage());
        }
    }

    /// An answer.
    ///
    /// @param body as text
    public record Reply(int status, String body) {
        public boolean isSuccess() {
            return status < 300;
        }
    }

    /// Asks for JSON.
    ///
    /// @param target path and query, encoded
    /// @param body null for none
    public Reply send(String method, String target, @Nullable String body) throws IOException {
        return send(method, target, "application/json", body);
    }

    /// Asks and waits for the whole answer.
    ///
    /// @param target path and query, encoded
    /// @param accept the type wanted
    /// @param body null for none
    public Reply send(String method, String target, String accept, @Nullable String body) throws IOException {
        Head head = ask(method, target, accept, body);
        return new Reply(head.status(), new String(new Body(head).readAllBytes(), UTF_8));
    }

    /// Asks and hands on each line as it comes, until the agent ends the answer or {@code lines} says that it has
    /// enough, after which the connection is of no more use.
    ///
    /// @return what was answered instead of a stream, if it was a problem; with an empty body otherwise
    public Reply follow(String target, String accept, Predicate<String> lines) throws IOException {
        Head head = ask("GET", target, accept, null);
        if (head.status() != 200) {
            return new Reply(head.status(), new String(new Body(head).readAllBytes(), UTF_8));
        }
        var reader = new BufferedReader(new InputStreamReader(new Body(head), UTF_8));
        String line = reader.readLine();
        while (line != null && lines.test(line)) {
            line = reader.readLine();
        }
        return new Reply(head.status(), "");
    }

    /// Asks for octets and writes them as they come.
    ///
    /// @return what was answered instead, if it was a problem; with an empty body otherwise
    public Reply copy(String target, OutputStream out) throws IOException {
        Head head = ask("GET", target, "application/octet-stream", null);
        var body = new Body(head);
        if (head.status() != 200) {
            return new Reply(head.status(), new String(body.readAllBytes(), UTF_8));
        }
        body.transferTo(out);
        return new Reply(head.status(), "");
    }

    /// The start of an answer.
    ///
    /// @param length of the body; -1 if it comes in chunks
    private record Head(int status, long length) {}

    private Head ask(String method, String target, String accept, @Nullable String body) throws IOException {
        byte[] bytes = body == null ? new byte[0] : body.getBytes(UTF_8);
        String head = method + " " + target + " HTTP/1.1\r\nHost: slash32\r\nAccept: " + accept
                + "\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n\r\n";
        var request = new ByteArrayOutputStream(head.length() + bytes.length);
        request.write(head.getBytes(ISO_8859_1));
        request.write(bytes);
        write(ByteBuffer.wrap(request.toByteArray()));
        return readHead();
    }

    private Head readHead() throws IOException {
        String statusLine = readLine();
        if (!statusLine.startsWith("HTTP/1.1 ") || statusLine.length() < 12) {
            throw new IOException("the agent's answer is not HTTP/1.1: '" + statusLine + "'");
        }
        long length = 0;
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            String[] header = line.split(":", 2);
            String value = header.length == 2 ? header[1].strip() : "";
            if (header[0].equalsIgnoreCase("Content-Length")) {
                length = Long.parseLong(value);
            } else if (header[0].equalsIgnoreCase("Transfer-Encoding")) {
                length = -1;
            }
        }
        return new Head(Integer.parseInt(statusLine.substring(9, 12)), length);
    }

    private String readLine() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int octet = readOctet(); octet != '\n'; octet = readOctet()) {
            if (octet < 0) {
                throw new EOFException("the agent ended the connection");
            }
            line.write(octet);
        }
        return line.toString(ISO_8859_1).stripTrailing();
    }

    private int readOctet() throws IOException {
        return fill(timeout) ? received.get() & 0xff : -1;
    }

    /// Waits until something is received; false at the end of the connection.
    private boolean fill(@Nullable Duration within) throws IOException {
        while (!received.hasRemaining()) {
            received.clear();
            int count = channel.read(received);
            received.flip();
            if (count < 0) {
                return false;
            }
            if (count == 0) {
                await(SelectionKey.OP_READ, within);
            }
        }
        return true;
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            if (channel.write(bytes) == 0) {
                await(SelectionKey.OP_WRITE, timeout);
            }
        }
    }

    private void await(int operation, @Nullable Duration within) throws IOException {
        channel.keyFor(selector).interestOps(operation);
        int ready = selector.select(within == null ? 0 : within.toMillis());
        selector.selectedKeys().clear();
        if (ready == 0) {
            throw new SocketTimeoutException("the agent did not answer within " + timeout.toMillis() + " ms");
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }

    /// An answer's body without its framing. A chunk may be long in coming, the bytes of one may not.
    private final class Body extends InputStream {
        private final boolean chunked;
        private long left;
        private boolean ended;

        Body(Head head) {
            chunked = head.length() < 0;
            left = Math.max(0, head.length());
            ended = head.length() == 0;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0 && chunked && !ended) {
                nextChunk();
            }
            if (left == 0) {
                return -1;
            }
            if (!fill(timeout)) {
                throw new EOFException("the agent ended the connection within an answer");
            }
            int count = (int) Math.min(Math.min(length, left), received.remaining());
            received.get(bytes, offset, count);
            left -= count;
            if (left == 0 && chunked) {
                readLine();
            }
            return count;
        }

        private void nextChunk() throws IOException {
            fill(null);
            left = Long.parseLong(readLine(), 16);
            if (left == 0) {
                ended = true;
                readLine();
            }
        }
    }
}
