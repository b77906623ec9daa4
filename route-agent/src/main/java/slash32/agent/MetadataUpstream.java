package slash32.agent;

import java.io.IOException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import slash32.agent.config.MetadataConfig;
import slash32.agent.config.SecretFile;
import slash32.agent.metadata.MetadataProxy;
import slash32.agent.metrics.AgentMetrics;

/// The way to the cloud's metadata service, with its threads {@code metadata-upstream}.
///
/// @param executor of {@code proxy}
record MetadataUpstream(MetadataProxy proxy, ThreadPoolExecutor executor) implements AutoCloseable {
    private static final int THREADS = 2;

    static MetadataUpstream open(MetadataConfig config, AgentMetrics metrics) throws IOException {
        var secret = SecretFile.read(config.secretFile());
        var executor = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                0,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().name("metadata-upstream").daemon(true).factory());
        executor.prestartAllCoreThreads();
        return new MetadataUpstream(
                new MetadataProxy(config.upstream(), secret, config.timeout(), executor, metrics::metadataAsked),
                executor);
    }

    @Override
    public void close() {
        proxy.close();
        executor.shutdownNow();
    }
}
