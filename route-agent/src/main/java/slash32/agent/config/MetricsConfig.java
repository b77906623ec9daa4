package slash32.agent.config;

/// What is measured, and for whom.
///
/// @param listen where Prometheus scrapes
/// @param endpoints whether each endpoint has series of its own
public record MetricsConfig(SocketEndpoint listen, boolean endpoints) {
    static final MetricsConfig DEFAULT = new MetricsConfig(SocketEndpoint.parse("127.0.0.1:9932"), false);
}
