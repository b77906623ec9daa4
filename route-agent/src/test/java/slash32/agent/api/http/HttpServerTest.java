package slash32.agent.api.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.IpAddress;

/// Clients that send what they should not, too slowly, or not at all.
class HttpServerTest {
    private static final Limits TIGHT =
            new Limits(4, 4, Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofMillis(300));
    private static final Limits PATIENT =
            new Limits(256, 256, Duration.ofMinutes(5), Duration.ofMinutes(5), Duration.ofMinutes(5));

    private final Path socket;
    private final List<HttpServer> servers = new ArrayList<>();
    private final Echo echo = new Echo();

    HttpServerTest(@TempDir Path folder) {
        socket = folder.resolve("http.sock");
    }

    @AfterEach
    void close() {
        servers.forEach(HttpServer::close);
    }

    private HttpServer server(Limits limits) throws IOException {
        var server = new HttpServer(limits);
        servers.add(server);
        server.listen(socket, echo);
        return server;
    }

    /// Answers with what it was asked. {@code /stuck} never answers, {@code /endless} never stops.
    private static final class Echo implements RequestHandler {
        final CountDownLatch stuck = new CountDownLatch(1);
        final CountDownLatch interrupted = new CountDownLatch(1);
        final CountDownLatch ended = new CountDownLatch(1);

        @Override
        public Admission admit(String method, List<String> path) {
            return path.getFirst().equals("forbidden")
                    ? new Admission.Refused(refused(403, "not you").later())
                    : new Admission.Taken(method.equals("PUT") ? 1000 : 0);
        }

        @Override
        public Response handle(Request request) throws InterruptedException {
            return switch (request.path().getFirst()) {
                case "stuck" -> {
                    stuck.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        throw e;
                    }
                    yield Response.empty(204);
                }
                case "endless" ->
                    new Response.Streamed(200, Response.TEXT, out -> {
                        try {
                            while (true) {
                                out.write(new byte[100_000]);
                            }
                        } finally {
                            ended.countDown();
                        }
                    });
                case "lines" ->
                    new Response.Streamed(200, Response.TEXT, out -> {
                        out.write("one\n".getBytes(ISO_8859_1));
                        out.flush();
                        out.write("two\n".getBytes(ISO_8859_1));
                    });
                default ->
                    Response.of(
                            200,
                            Response.TEXT,
                            request.method() + " " + request.path() + " " + request.query() + " "
                                    + new String(request.body().toArray(), ISO_8859_1));
            };
        }

        @Override
        public Response.Whole refused(int status, String detail) {
            return Response.of(status, Response.TEXT, detail);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /a HTTP/1.1~~                              | HTTP/1.1 200 OK",
                "GET /a HTTP/1.0~~                              | HTTP/1.0 200 OK",
                "nonsense~~                                     | HTTP/1.1 400 Bad Request",
                "GET a HTTP/1.1~~                               | HTTP/1.1 400 Bad Request",
                "GET /%zz HTTP/1.1~~                            | HTTP/1.1 400 Bad Request",
                "GET /a HTTP/1.1~no colon~~                     | HTTP/1.1 400 Bad Request",
                "PUT /a HTTP/1.1~Content-Length: x~~            | HTTP/1.1 400 Bad Request",
                "PUT /a HTTP/1.1~Content-Length: -1~~           | HTTP/1.1 400 Bad Request",
                "PUT /a HTTP/1.1~Content-Length: 1001~~         | HTTP/1.1 413 Request Entity Too Large",
                "GET /a HTTP/1.1~Content-Length: 1~~x           | HTTP/1.1 413 Request Entity Too Large",
                "PUT /a HTTP/1.1~Transfer-Encoding: chunked~~zz~ | HTTP/1.1 400 Bad Request",
                "PUT /a HTTP/1.1~Content-Length: 3~~abc         | HTTP/1.1 200 OK",
                "PUT /a HTTP/1.1~Transfer-Encoding: chunked~~3~abc~0~~ | HTTP/1.1 200 OK",
                "PUT /forbidden HTTP/1.1~Content-Length: 3~~abc | HTTP/1.1 403 Forbidden",
                "HEAD /a HTTP/1.1~~                             | HTTP/1.1 200 OK",
            })
    void answersWhatComes(String request, String statusLine) throws IOException {
        server(PATIENT);
        try (var client = connect()) {
            write(client, request.replace("~", "\r\n"));
            assertThat(readHead(client)).startsWith(statusLine + "\r\n");
        }
    }

    @Test
    void tooLongLinesAndHeadersAreRefused() throws IOException {
        server(PATIENT);
        try (var client = connect()) {
            write(client, "GET /" + "a".repeat(5000) + " HTTP/1.1\r\n\r\n");
            assertThat(readHead(client)).startsWith("HTTP/1.1 414 ");
        }
        try (var client = connect()) {
            write(client, "GET / HTTP/1.1\r\nX: " + "a".repeat(9000) + "\r\n\r\n");
            assertThat(readHead(client)).startsWith("HTTP/1.1 431 ");
        }
        try (var client = connect()) {
            write(client, "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
            write(client, "200\r\n" + "x".repeat(512) + "\r\n200\r\n" + "x".repeat(512) + "\r\n");
            assertThat(readHead(client)).startsWith("HTTP/1.1 413 ");
        }
    }

    @Test
    void requestsSentAtOnceAreAnsweredInOrder() throws IOException {
        server(PATIENT);
        try (var client = connect()) {
            String first = "GET /1 HTTP/1.1\r\n\r\n";
            String second = "PUT /2?a=b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
            String third = "GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n";
            write(client, first + second + third);
            assertThat(readAll(client)).containsSubsequence("GET [1] {} ", "PUT [2] {a=[b]} hi", "GET [3] {} ");
        }
    }

    @Test
    void aStreamedAnswerComesInChunks() throws IOException {
        server(PATIENT);
        try (var client = connect()) {
            write(client, "GET /lines HTTP/1.1\r\nConnection: close\r\n\r\n");
            assertThat(readAll(client)).endsWith("\r\n\r\n4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n");
        }
        try (var client = connect()) {
            write(client, "GET /lines HTTP/1.0\r\n\r\n");
            assertThat(readAll(client)).endsWith("\r\n\r\none\ntwo\n").doesNotContain("chunked");
        }
    }

    @Test
    void aClientThatAsksFirstIsToldToContinue() throws IOException {
        server(PATIENT);
        try (var client = connect()) {
            write(client, "PUT /a HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
            assertThat(readHead(client)).startsWith("HTTP/1.1 100 Continue");
            write(client, "hi");
            assertThat(readHead(client)).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void clientsThatSayNothingOrHalfOfItAreDropped() throws IOException {
        server(TIGHT);
        try (var silent = connect();
                var half = connect();
                var slow = connect()) {
            write(half, "GET /a HTTP");
            write(slow, "PUT /a HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
            assertThat(readAll(silent)).isEmpty();
            assertThat(readAll(half)).isEmpty();
            assertThat(readAll(slow))
                    .startsWith("HTTP/1.1 408 Request Timeout\r\n")
                    .endsWith("the request took longer than 300 ms to come");
        }
    }

    @Test
    void aClientThatTakesNothingIsDropped() throws Exception {
        server(TIGHT);
        try (var client = connect()) {
            write(client, "GET /endless HTTP/1.1\r\n\r\n");
            echo.ended.await();
        }
    }

    @Test
    void aStuckRequestBlocksNobodyAndEndsWithItsClient() throws Exception {
        server(PATIENT);
        try (var client = connect()) {
            write(client, "GET /stuck HTTP/1.1\r\n\r\n");
            echo.stuck.await();
            try (var other = connect()) {
                write(other, "GET /a HTTP/1.1\r\n\r\n");
                assertThat(readHead(other)).startsWith("HTTP/1.1 200 OK");
            }
        }
        echo.interrupted.await();
    }

    @Test
    void connectionsPastTheLimitAreTurnedAwayAndLaterOnesServed() throws Exception {
        server(new Limits(4, 4, PATIENT.request(), PATIENT.idle(), PATIENT.write()));
        var held = new ArrayList<SocketChannel>();
        for (int i = 0; i < 4; i++) {
            held.add(connect());
            write(held.getLast(), "GET /a HTTP/1.1\r\n\r\n");
            assertThat(readHead(held.getLast())).startsWith("HTTP/1.1 200 OK");
        }
        try (var client = connect()) {
            assertThat(readAll(client))
                    .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                    .containsIgnoringCase("retry-after: 1")
                    .endsWith("all 4 connections are taken");
        }
        for (SocketChannel client : held) {
            write(client, "GET /a HTTP/1.1\r\nConnection: close\r\n\r\n");
            assertThat(readAll(client)).contains("HTTP/1.1 200 OK");
            client.close();
        }
        try (var client = connect()) {
            write(client, "GET /a HTTP/1.1\r\n\r\n");
            assertThat(readHead(client)).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void theSocketIsForOwnerAndGroupAndGoesWithTheServer() throws IOException {
        HttpServer server = server(PATIENT);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-rw----");
        server.close();
        assertThat(socket).doesNotExist();
    }

    @Test
    void aStaleSocketIsReplacedAndALiveOneIsNot() throws IOException {
        try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        server(PATIENT);
        assertThatThrownBy(() -> server(PATIENT))
                .isInstanceOf(IOException.class)
                .hasMessage("listen on " + socket + ": another process does already");
        try (var client = connect()) {
            write(client, "GET /a HTTP/1.1\r\n\r\n");
            assertThat(readHead(client)).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void aFileThatIsNoSocketIsLeftAlone() throws IOException {
        Files.writeString(socket, "precious");
        assertThatThrownBy(() -> server(PATIENT)).hasMessageContaining("something that isn't a socket is there");
        assertThat(Files.readString(socket)).isEqualTo("precious");
    }

    @Test
    void aTakenTcpPortIsSaid() throws IOException {
        HttpServer server = server(PATIENT);
        int port = server.listen(IpAddress.parse("127.0.0.1"), 0, echo);
        try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream().write("GET /tcp HTTP/1.1\r\nConnection: close\r\n\r\n".getBytes(ISO_8859_1));
            assertThat(new String(client.getInputStream().readAllBytes(), ISO_8859_1))
                    .endsWith("GET [tcp] {} ");
        }
        assertThatThrownBy(() -> server.listen(IpAddress.parse("127.0.0.1"), port, echo))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:" + port);
    }

    @Test
    void manyConnectionsAtOnceAreAllServed() throws Exception {
        server(PATIENT);
        var clients = new ArrayList<SocketChannel>();
        for (int i = 0; i < 200; i++) {
            clients.add(connect());
        }
        for (SocketChannel client : clients) {
            write(client, "PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
        }
        for (SocketChannel client : clients) {
            write(client, "llo");
        }
        for (SocketChannel client : clients) {
            assertThat(readHead(client)).startsWith("HTTP/1.1 200 OK");
            client.close();
        }
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(socket));
    }

    private static void write(SocketChannel client, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(ISO_8859_1));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    private static String readHead(SocketChannel client) throws IOException {
        InputStream in = Channels.newInputStream(client);
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int octet = in.read();
            assertThat(octet).as("the end of the connection after '%s'", head).isNotNegative();
            head.append((char) octet);
        }
        return head.toString();
    }

    private static String readAll(SocketChannel client) throws IOException {
        return new String(Channels.newInputStream(client).readAllBytes(), ISO_8859_1);
    }

    @Test
    void oneClientGetsItsShareOfTheConnectionsAndNoMore() throws IOException {
        HttpServer server = server(new Limits(4, 1, PATIENT.request(), PATIENT.idle(), PATIENT.write()));
        int port = server.listenEarly(IpAddress.parse("127.0.0.1"), 0, _ -> echo);
        try (var first = new Socket(InetAddress.getLoopbackAddress(), port)) {
            first.getOutputStream().write("GET /first HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(ISO_8859_1));
            assertThat(first.getInputStream().read()).isEqualTo('H');
            try (var second = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertThat(new String(second.getInputStream().readAllBytes(), ISO_8859_1))
                        .endsWith("one client may have 1 connections at once");
            }
        }
        // the place is free again, sooner or later
        String answer = "";
        for (int i = 0; i < 10_000 && !answer.contains(" 200 "); i++) {
            try (var third = new Socket(InetAddress.getLoopbackAddress(), port)) {
                third.getOutputStream().write("GET /third HTTP/1.0\r\n\r\n".getBytes(ISO_8859_1));
                answer = new String(third.getInputStream().readAllBytes(), ISO_8859_1);
            } catch (IOException e) {
                answer = ""; // reset: closed before it was read
            }
        }
        assertThat(answer).startsWith("HTTP/1.0 200 OK");
    }
}
