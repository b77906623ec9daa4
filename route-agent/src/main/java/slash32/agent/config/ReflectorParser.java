package slash32.agent.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.Section.Field;
import slash32.bgp.speaker.PeerOptions;
import slash32.net.IpAddress;

/// Reads a route reflector's file.
final class ReflectorParser {
    private static final String NO_LOCAL = "needs an address of its family in listen";

    private final Set<IpAddress> peerAddresses = new HashSet<>();

    /// The reflector that the file describes; null if something in it is wrong.
    @Nullable
    ReflectorConfig reflector(Section root) {
        var name = root.required("name", Scalar.NAME);
        var asn = root.required("asn", Scalar.ASN);
        var routerId = root.required("routerId", Scalar.ROUTER_ID);
        var clusterId = root.optional("clusterId", Scalar.ROUTER_ID);
        var listen = root.list("listen", Scalar.SOCKET, List.of(ReflectorConfig.DEFAULT_LISTEN));
        onePort(root, listen);
        var parser = new PeerParser(asn.value(), ReflectorConfig.FAMILIES, ReflectorConfig.PATH_FAMILIES);
        var peers = root.sections("peers", section -> peer(section, parser, listen.or(List.of())));
        var ranges = root.sections("peerRanges", section -> range(section, parser, listen.or(List.of())));
        var restart = root.optional("gracefulRestart", Scalar.RESTART_TIME, AgentConfig.DEFAULT_GRACEFUL_RESTART);
        var settle = root.optional("settleTime", Scalar.PAUSE, ReflectorConfig.DEFAULT_SETTLE_TIME);
        var metrics = root.optionalSection(
                "metrics",
                section -> ConfigParser.metrics(section, ReflectorConfig.DEFAULT_METRICS_LISTEN),
                ReflectorConfig.DEFAULT_METRICS_LISTEN);
        var api = root.optionalSection(
                "api",
                section -> ConfigParser.api(section, ReflectorConfig.DEFAULT_API_SOCKET),
                ApiConfig.at(ReflectorConfig.DEFAULT_API_SOCKET));
        var monitoring = MonitoringParser.monitoring(root);
        if (!root.end()) {
            return null;
        }
        return new ReflectorConfig(
                name.get(),
                asn.get(),
                routerId.get(),
                clusterId.or(routerId.get()),
                listen.get(),
                peers.get(),
                ranges.get(),
                restart.get(),
                settle.get(),
                metrics.get(),
                api.get(),
                monitoring.get());
    }

    private static void onePort(Section root, Field<List<SocketEndpoint>> listen) {
        List<SocketEndpoint> all = listen.or(List.of());
        if (all.stream().map(SocketEndpoint::port).distinct().count() > 1) {
            root.problem(listen, "listen", "has more than one port");
        }
    }

    private @Nullable PeerConfig peer(Section section, PeerParser parser, List<SocketEndpoint> listen) {
        var address = section.required("address", Scalar.ADDRESS);
        var bfd = section.optionalSection("bfd", ConfigParser::bfd);
        UnaryOperator<PeerConfig> reflected = reflected(section, parser);
        IpAddress where = address.value();
        if (where != null && !peerAddresses.add(where)) {
            section.problem(address, "address", "is the address of an earlier peer: " + where);
        }
        if (bfd.value() != null && where != null && ReflectorConfig.local(listen, where) == null) {
            section.problem(bfd, "bfd", NO_LOCAL);
        }
        PeerConfig peer = parser.peer(section, address);
        return peer == null ? null : reflected.apply(peer).with(bfd.value());
    }

    private static @Nullable PeerRangeConfig range(Section section, PeerParser parser, List<SocketEndpoint> listen) {
        UnaryOperator<PeerConfig> reflected = reflected(section, parser);
        PeerRangeConfig range = ConfigParser.range(
                section, parser, within -> ReflectorConfig.local(listen, within) == null ? NO_LOCAL : null);
        return range == null ? null : new PeerRangeConfig(range.prefix(), range.max(), reflected.apply(range.peer()));
    }

    /// What a section says of a peer that only a reflector asks.
    private static UnaryOperator<PeerConfig> reflected(Section section, PeerParser parser) {
        var client = section.optional("client", Scalar.BOOLEAN, true);
        var addPath = section.list("addPathSend", parser.pathFamily(), List.of());
        return peer -> {
            PeerOptions options = peer.options();
            PeerOptions sending = options.with(options.session().withAddPathSend(Set.copyOf(addPath.or(List.of()))));
            return peer.with(client.or(true) ? sending.ofClient() : sending);
        };
    }
}
