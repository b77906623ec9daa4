package slash32.agent.metadata;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.http.Admission;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.RequestHandler;
import slash32.agent.api.http.Response;
import slash32.agent.intent.EndpointSpec;
import slash32.net.IpAddress;
import slash32.tap.gateway.TokenBucket;

/// Answers one connection of a guest's, by the endpoint that has the address it comes from. No header that the guest
/// sends counts.
public final class MetadataHandler implements RequestHandler {
    private static final int REQUESTS_PER_SECOND = 50;
    private static final int PROXIED_BODY_BYTES = 64 << 10;

    private final IpAddress client;
    private final Holders holders;
    private final @Nullable MetadataProxy proxy;
    private final TokenBucket bucket = new TokenBucket(REQUESTS_PER_SECOND, REQUESTS_PER_SECOND);

    /// A connection of {@code client}'s.
    ///
    /// @param proxy for endpoints whose metadata the upstream has; null for a node without one
    public MetadataHandler(IpAddress client, Holders holders, @Nullable MetadataProxy proxy) {
        this.client = client;
        this.holders = holders;
        this.proxy = proxy;
    }

    /// Who has which address on this node.
    @FunctionalInterface
    public interface Holders {
        /// The endpoint that has {@code address}; null if none has.
        @Nullable
        EndpointSpec of(IpAddress address) throws InterruptedException;
    }

    @Override
    public Admission admit(String method, List<String> path) {
        return new Admission.Taken(proxy == null || method.equals("GET") ? 0 : PROXIED_BODY_BYTES);
    }

    @Override
    public Response handle(Request request) throws InterruptedException {
        if (!bucket.take(System.nanoTime())) {
            return refused(429, "at most " + REQUESTS_PER_SECOND + " requests a second");
        }
        EndpointSpec endpoint = holders.of(client);
        if (endpoint == null || endpoint.metadata() == null) {
            return refused(404, "there is no metadata for " + client);
        }
        if (endpoint.metadata().proxy()) {
            return proxy == null
                    ? refused(503, "this node has no metadata service to ask")
                    : proxy.answer(request, client, endpoint.metadata());
        }
        if (!request.method().equals("GET")) {
            return refused(405, "only GET is answered here");
        }
        String page = new MetadataPages(endpoint, endpoint.metadata()).page(request.path());
        return page == null ? refused(404, "there is no such page") : Response.of(200, Response.TEXT, page);
    }

    @Override
    public Response.Whole refused(int status, String detail) {
        return Response.of(status, Response.TEXT, detail + "\n");
    }
}
