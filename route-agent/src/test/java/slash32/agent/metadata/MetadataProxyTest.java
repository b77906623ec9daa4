package slash32.agent.metadata;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.MetadataSpec;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// The proxy against a real HTTP server, which remembers what it was asked.
class MetadataProxyTest {
    private static final IpAddress GUEST = IpAddress.parse("10.1.0.17");
    private static final MetadataSpec INSTANCE = new MetadataSpec(
            "32d0524b-314d-4594-b3a3-607e3f2354f8", null, List.of(), true, "28a490a0f8b28800181ce490a74df8d2");

    private final HttpServer upstream;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch never = new CountDownLatch(1);
    private final List<MetadataProxy.Outcome> outcomes = new CopyOnWriteArrayList<>();
    private final List<HttpExchange> asked = new CopyOnWriteArrayList<>();
    private MetadataProxy proxy;

    MetadataProxyTest() throws IOException {
        upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.setExecutor(threads);
        upstream.createContext("/", this::answer);
        proxy = proxy(Duration.ofSeconds(30));
    }

    private MetadataProxy proxy(Duration timeout) {
        URI address = URI.create("http://127.0.0.1:" + upstream.getAddress().getPort());
        return new MetadataProxy(
                address, Bytes.copyOf("deadbeef2eb84d8d".getBytes(UTF_8)), timeout, threads, outcomes::add);
    }

    @BeforeEach
    void start() {
        upstream.start();
    }

    @AfterEach
    void stop() {
        never.countDown();
        proxy.close();
        upstream.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        asked.add(exchange);
        String path = exchange.getRequestURI().getPath();
        String body = exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                + new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        try {
            switch (path) {
                case "/silent" -> never.await();
                case "/drip" -> {
                    exchange.sendResponseHeaders(200, 0);
                    exchange.getResponseBody().write('x');
                    exchange.getResponseBody().flush();
                    never.await();
                }
                case "/large" -> {
                    exchange.sendResponseHeaders(200, 5 << 20);
                    exchange.getResponseBody().write(new byte[5 << 20]);
                }
                default -> {
                    exchange.getResponseHeaders().add("Content-Type", "text/cloud-config");
                    exchange.getResponseHeaders().add("ETag", "\"7\"");
                    exchange.getResponseHeaders().add("Server", "nova");
                    int status = path.equals("/missing") ? 404 : 200;
                    exchange.sendResponseHeaders(status, body.length());
                    exchange.getResponseBody().write(body.getBytes(UTF_8));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    private Response.Whole ask(String method, String target, Map<String, List<String>> headers, String body)
            throws InterruptedException {
        var request = new Request(method, target, List.of(), Map.of(), headers, Bytes.copyOf(body.getBytes(UTF_8)));
        return proxy.answer(request, GUEST, INSTANCE);
    }

    private Response.Whole get(String target) throws InterruptedException {
        return ask("GET", target, Map.of(), "");
    }

    private static String text(Response.Whole answer) {
        return answer.status() + " " + new String(answer.body().toArray(), UTF_8);
    }

    @Test
    void theUpstreamIsToldWhoAsksAndTheGuestWhatItSays() throws Exception {
        Response.Whole answer = get("/openstack/latest/meta_data.json?a=b%20c");
        assertThat(text(answer)).isEqualTo("200 GET /openstack/latest/meta_data.json?a=b%20c ");
        assertThat(answer.contentType()).isEqualTo("text/cloud-config");
        assertThat(answer.headers()).containsExactly(Map.entry("etag", "\"7\""));
        var headers = asked.getFirst().getRequestHeaders();
        assertThat(headers.get("X-Instance-ID")).containsExactly(INSTANCE.instanceId());
        assertThat(headers.get("X-Tenant-ID")).containsExactly(INSTANCE.tenantId());
        assertThat(headers.get("X-Forwarded-For")).containsExactly("10.1.0.17");
        // Python's hmac.new(b"deadbeef2eb84d8d", id, sha256).hexdigest()
        assertThat(headers.get("X-Instance-ID-Signature"))
                .containsExactly("6bcbe3885ae7efc49cef35b438efe29c95501f4a720a0c53ed000d8fcf04a605");
        assertThat(text(get("/missing"))).startsWith("404 GET /missing");
        assertThat(outcomes).containsOnly(MetadataProxy.Outcome.ANSWERED);
    }

    @Test
    void aGuestCannotSayThatItIsAnother() throws Exception {
        get("/");
        ask(
                "PUT",
                "/latest/api/token",
                Map.ofEntries(
                        Map.entry("x-instance-id", List.of("another")),
                        Map.entry("x_instance_id", List.of("another")),
                        Map.entry("x-instance_id-signature", List.of("00")),
                        Map.entry("x-tenant-id", List.of("another")),
                        Map.entry("x-forwarded-for", List.of("10.9.9.9")),
                        Map.entry("x-metadata-provider", List.of("p")),
                        Map.entry("forwarded", List.of("for=10.9.9.9")),
                        Map.entry("host", List.of("elsewhere")),
                        Map.entry("connection", List.of("close, Secret")),
                        Map.entry("secret", List.of("s")),
                        Map.entry("accept", List.of("*/*")),
                        Map.entry("user-agent", List.of("cloud-init")),
                        Map.entry("x-aws-ec2-metadata-token-ttl-seconds", List.of("60"))),
                "body");
        var plain = asked.getFirst().getRequestHeaders();
        var headers = asked.getLast().getRequestHeaders();
        assertThat(headers.get("X-Instance-ID")).isEqualTo(plain.get("X-Instance-ID"));
        assertThat(headers.get("X-Tenant-ID")).isEqualTo(plain.get("X-Tenant-ID"));
        assertThat(headers.get("X-Instance-ID-Signature")).isEqualTo(plain.get("X-Instance-ID-Signature"));
        assertThat(headers.get("X-Forwarded-For")).containsExactly("10.1.0.17");
        assertThat(headers.get("User-agent")).containsExactly("cloud-init");
        assertThat(headers.get("X-aws-ec2-metadata-token-ttl-seconds")).containsExactly("60");
        assertThat(headers.keySet())
                .noneMatch(name -> name.contains("_"))
                .doesNotContain("Secret", "Forwarded", "X-metadata-provider");
        assertThat(headers.get("Host")).isEqualTo(plain.get("Host"));
        assertThat(asked.getLast().getRequestMethod()).isEqualTo("PUT");
    }

    @Test
    void anUpstreamThatIsDownIsToldWithinTheTimeout() throws Exception {
        upstream.stop(0);
        assertThat(text(get("/"))).isEqualTo("502 the metadata service can't be asked now\n");
        assertThat(outcomes).containsExactly(MetadataProxy.Outcome.UNREACHABLE);
    }

    @Test
    void anUpstreamThatIsSlowIsToldToo() throws Exception {
        proxy.close();
        proxy = proxy(Duration.ofMillis(300));
        assertThat(get("/silent").status()).isEqualTo(504);
        assertThat(get("/drip").status()).isEqualTo(504);
        assertThat(outcomes).containsExactly(MetadataProxy.Outcome.LATE, MetadataProxy.Outcome.LATE);
        assertThat(text(get("/fast"))).startsWith("200 GET /fast");
    }

    @Test
    void anAnswerThatIsTooLargeIsNone() throws Exception {
        assertThat(get("/large").status()).isEqualTo(502);
    }

    @Test
    void guestsThatWaitDoNotPileUp() throws Exception {
        var waiting = new CopyOnWriteArrayList<Thread>();
        for (int i = 0; i < 64; i++) {
            waiting.add(Thread.ofVirtual().start(() -> {
                try {
                    get("/silent");
                } catch (InterruptedException e) {
                    // the guest went
                }
            }));
        }
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (asked.size() < 64 && System.nanoTime() - end < 0) {
            Thread.onSpinWait();
        }
        Response.Whole answer = get("/fast");
        assertThat(text(answer)).isEqualTo("503 too many requests to the metadata service at once\n");
        assertThat(answer.headers()).containsEntry("Retry-After", "1");
        for (Thread guest : waiting) {
            guest.interrupt();
            guest.join();
        }
        assertThat(get("/fast").status()).isEqualTo(200);
    }

    @Test
    void whatIsNoAddressIsRefused() throws Exception {
        assertThat(get("/a|b").status()).isEqualTo(400);
        assertThat(ask("GET", "/", Map.of("accept", List.of("a\u0001b")), "").status())
                .isEqualTo(400);
        assertThat(Objects.requireNonNull(outcomes.getFirst())).isEqualTo(MetadataProxy.Outcome.MALFORMED);
        assertThat(asked).isEmpty();
    }
}
