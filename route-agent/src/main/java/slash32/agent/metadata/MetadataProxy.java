package slash32.agent.metadata;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.MetadataSpec;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// Passes guests' requests on to the cloud's metadata service, in the instances' names: X-Instance-ID, X-Tenant-ID,
/// X-Forwarded-For, and X-Instance-ID-Signature, the HMAC-SHA256 of the id with a secret that the service shares, as
/// OpenStack's Nova expects them of Neutron.
///
/// Thread-safe. No guest waits longer than the timeout, and none takes the place of all.
public final class MetadataProxy implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetadataProxy.class);
    private static final String ALGORITHM = "HmacSHA256";
    private static final int AT_ONCE = 64;
    private static final int MAX_ANSWER_BYTES = 4 << 20;
    private static final List<String> ANSWERED_HEADERS = List.of(
            "cache-control",
            "content-encoding",
            "etag",
            "last-modified",
            "retry-after",
            "x-aws-ec2-metadata-token-ttl-seconds");

    private final HttpClient client;
    private final String upstream;
    private final SecretKeySpec secret;
    private final Duration timeout;
    private final Consumer<Outcome> outcomes;
    private final Semaphore places = new Semaphore(AT_ONCE);
    private final AtomicBoolean down = new AtomicBoolean();

    /// A proxy to {@code upstream}.
    ///
    /// @param upstream scheme, host and port
    /// @param timeout for a whole answer
    /// @param executor opens the connections
    /// @param outcomes told what became of each request
    public MetadataProxy(URI upstream, Bytes secret, Duration timeout, Executor executor, Consumer<Outcome> outcomes) {
        this.upstream = upstream.toString().replaceAll("/$", "");
        this.secret = new SecretKeySpec(secret.toArray(), ALGORITHM);
        this.timeout = timeout;
        this.outcomes = outcomes;
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(timeout)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(executor)
                .build();
    }

    /// What became of a request.
    public enum Outcome {
        ANSWERED("answered"),
        /// It is none that could be passed on.
        MALFORMED("malformed"),
        /// As many as may are under way.
        BUSY("busy"),
        UNREACHABLE("unreachable"),
        LATE("late");

        private final String label;

        Outcome(String label) {
            this.label = label;
        }

        /// As metrics write it.
        public String label() {
            return label;
        }
    }

    /// The upstream's answer to {@code request} of the guest at {@code guest}, or why there is none: 502, 503, 504.
    ///
    /// @throws InterruptedException if the guest is gone
    Response.Whole answer(Request request, IpAddress guest, MetadataSpec metadata) throws InterruptedException {
        HttpRequest passed;
        try {
            passed = passedOn(request, guest, metadata);
        } catch (IllegalArgumentException e) {
            return failed(400, Outcome.MALFORMED, "the request can't be passed on: " + e.getMessage());
        }
        if (!places.tryAcquire()) {
            return failed(503, Outcome.BUSY, "too many requests to the metadata service at once")
                    .later();
        }
        try {
            return ask(passed);
        } finally {
            places.release();
        }
    }

    private Response.Whole ask(HttpRequest request) throws InterruptedException {
        CompletableFuture<HttpResponse<byte[]>> asked = client.sendAsync(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), MAX_ANSWER_BYTES));
        try {
            HttpResponse<byte[]> answer = asked.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            outcomes.accept(Outcome.ANSWERED);
            if (down.compareAndSet(true, false)) {
                LOG.info("event=metadata-upstream-up upstream={}", upstream);
            }
            return answered(answer);
        } catch (TimeoutException e) {
            return unanswered(504, Outcome.LATE, "no answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof HttpTimeoutException) {
                return unanswered(504, Outcome.LATE, "no connection within " + timeout.toMillis() + " ms");
            }
            if (e.getCause() instanceof IOException cause) {
                return unanswered(502, Outcome.UNREACHABLE, cause.toString());
            }
            throw new IllegalStateException("asking " + upstream, e);
        } finally {
            asked.cancel(true); // nothing if it is done
        }
    }

    private Response.Whole unanswered(int status, Outcome outcome, String reason) {
        if (down.compareAndSet(false, true)) {
            LOG.warn("event=metadata-upstream-down upstream={} reason=\"{}\"", upstream, reason);
        }
        return failed(status, outcome, "the metadata service can't be asked now");
    }

    private Response.Whole failed(int status, Outcome outcome, String detail) {
        outcomes.accept(outcome);
        return Response.of(status, Response.TEXT, detail + "\n");
    }

    private HttpRequest passedOn(Request request, IpAddress guest, MetadataSpec metadata) {
        HttpRequest.Builder passed = HttpRequest.newBuilder(URI.create(upstream + request.target()));
        passed.timeout(timeout);
        var own = GuestHeaders.passedOn(request.headers());
        own.forEach((name, values) -> values.forEach(value -> passed.header(name, value)));
        passed.setHeader("X-Instance-ID", metadata.instanceId());
        passed.setHeader("X-Instance-ID-Signature", signature(metadata.instanceId()));
        if (metadata.tenantId() != null) {
            passed.setHeader("X-Tenant-ID", metadata.tenantId());
        }
        passed.setHeader("X-Forwarded-For", guest.toString());
        var body = request.body().length() == 0
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofByteArray(request.body().toArray());
        return passed.method(request.method(), body).build();
    }

    private String signature(String instanceId) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            return HexFormat.of().formatHex(mac.doFinal(instanceId.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM + " for any key", e);
        }
    }

    private static Response.Whole answered(HttpResponse<byte[]> answer) {
        var headers = new HashMap<String, String>();
        for (String name : ANSWERED_HEADERS) {
            answer.headers().firstValue(name).ifPresent(value -> headers.put(name, value));
        }
        String contentType = answer.headers().firstValue("content-type").orElse("");
        return new Response.Whole(answer.statusCode(), contentType, Bytes.copyOf(answer.body()), headers);
    }

    /// Drops every request that is under way.
    @Override
    public void close() {
        client.shutdownNow();
    }
}
