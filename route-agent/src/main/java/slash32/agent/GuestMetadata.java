package slash32.agent;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.config.MetadataConfig;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.metadata.MetadataHandler;
import slash32.agent.metadata.MetadataProxy;
import slash32.agent.metrics.AgentMetrics;
import slash32.net.IpAddress;
import slash32.tap.GatewayAddressTable;

/// The metadata service of this node's guests. A host whose port 80 is another's has none, and an agent nevertheless.
final class GuestMetadata implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(GuestMetadata.class);
    private static final int PORT = 80;

    private final IntentLoop intent;
    private final HttpServer server = new HttpServer(Limits.GUESTS);
    private final @Nullable MetadataUpstream upstream;

    private record Held(@Nullable EndpointSpec spec) {}

    /// A service that listens.
    ///
    /// @param cloud the service of the cloud that guests may be led to; null if there is none
    /// @throws IOException if the cloud's secret can't be read
    GuestMetadata(@Nullable MetadataConfig cloud, IntentLoop intent, AgentMetrics metrics) throws IOException {
        this.intent = intent;
        upstream = cloud == null ? null : MetadataUpstream.open(cloud, metrics);
        MetadataProxy proxy = upstream == null ? null : upstream.proxy();
        for (IpAddress address : GatewayAddressTable.METADATA) {
            try {
                server.listenEarly(address, PORT, client -> new MetadataHandler(client, this::holder, proxy));
            } catch (IOException e) {
                LOG.error("event=no-metadata-service address={} reason=\"{}\"", address, e.getMessage());
            }
        }
    }

    private @Nullable EndpointSpec holder(IpAddress address) throws InterruptedException {
        return intent.ask(current -> new Held(current.holderOf(address))).spec();
    }

    @Override
    public void close() {
        server.close();
        if (upstream != null) {
            upstream.close();
        }
    }
}
