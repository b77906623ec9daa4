package slash32.agent.config;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.Section.Field;
import slash32.agent.intent.SegmentTerms;
import slash32.bgp.speaker.SpeakerConfig;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.EvpnNode;
import slash32.overlay.evpn.GatewayAddress;

/// Reads an agent's file: the keys of design §5, in its order.
final class ConfigParser {
    private static final Scalar<SiteId> SITE_ID =
            new Scalar<>(Tag.INT, "1 to 4294967295", text -> new SiteId(Scalar.integer(text)));
    private static final Scalar<Prefix> PREFIX = new Scalar<>(Tag.STR, "a prefix", Prefix::parse);
    private static final Scalar<Long> PATHS = PolicyParser.number(1, SpeakerConfig.MAXIMUM_PATHS_LIMIT);
    private static final Scalar<Long> REQUESTS = PolicyParser.number(1, 1_000_000);
    private static final Pattern ACCOUNT_FORM = Pattern.compile("[a-z_][a-z0-9_-]{0,31}|[0-9]{1,10}");
    private static final Scalar<String> ACCOUNT =
            new Scalar<>(Tag.STR, "a name, or a number in quotes", ConfigParser::account);
    private static final Scalar<Long> RANGE_SIZE = PolicyParser.number(1, 100_000);

    private static final Scalar<Long> ROUTES_PER_NODE = PolicyParser.number(1, 1_000_000);
    private static final Ipv6Address ANYBODY = new Ipv6Address(0, 0);
    /// Addresses, with the interface of those that have one.
    private final Set<String> peers = new HashSet<>();

    /// The agent that the file describes; null if something in it is wrong.
    @Nullable
    AgentConfig agent(Section root) {
        var node = root.required("node", Scalar.NAME);
        var site = root.requiredSection("site", ConfigParser::site);
        var asn = root.required("asn", Scalar.ASN);
        var underlay = root.requiredSection("underlay", ConfigParser::underlay);
        var routerId = root.optional("routerId", Scalar.ROUTER_ID);
        var parser = new PeerParser(asn.value(), PeerConfig.OF_AGENT, PeerConfig.UNICAST);
        var named = root.sections("peers", section -> peer(section, parser, underlay.value()));
        var ranges = root.sections("peerRanges", section -> range(section, parser, underlay.value()));
        var listen = root.list("listen", Scalar.SOCKET, listenByDefault(underlay.value()));
        var restart = root.optional("gracefulRestart", Scalar.RESTART_TIME, AgentConfig.DEFAULT_GRACEFUL_RESTART);
        var leaving = root.optional("gracefulShutdown", Scalar.BOOLEAN, false);
        var paths = root.optionalSection("bgp", ConfigParser::maximumPaths, 1L);
        var metrics = root.optionalSection("metrics", ConfigParser::metrics, MetricsConfig.DEFAULT);
        var api = root.optionalSection(
                "api",
                section -> api(section, AgentConfig.DEFAULT_API_SOCKET),
                ApiConfig.at(AgentConfig.DEFAULT_API_SOCKET));
        var processParser = new ProcessParser();
        var processes = root.sections("processes", processParser::process);
        var endpoints =
                root.optional("endpointsDirectory", Scalar.ABSOLUTE_PATH, AgentConfig.DEFAULT_ENDPOINTS_DIRECTORY);
        var prefixes = root.list("endpointPrefixes", PREFIX, List.of());
        var metadata = root.optionalSection("metadata", MetadataConfig::read);
        var state = root.optional("stateDirectory", Scalar.ABSOLUTE_PATH, AgentConfig.DEFAULT_STATE_DIRECTORY);
        var overlay = root.optionalSection("overlay", OverlayConfig::read);
        var probes = root.optional("pathProbeInterval", Scalar.PROBE_INTERVAL, AgentConfig.DEFAULT_PROBE_INTERVAL);
        var perNode = root.optional("segmentRoutesPerNode", ROUTES_PER_NODE, (long) EvpnNode.ROUTES_PER_NODE);
        checkOverlay(root, overlay, underlay.value(), prefixes.value());
        var segments = SegmentParser.terms(
                root,
                root.states(overlay),
                underlay.value(),
                site.value() == null ? null : site.value().id());
        OverlayConfig.Admin admin =
                overlay.value() == null ? null : overlay.value().admin();
        if (admin != null) {
            var place = new AdminPlace(root, overlay, admin);
            if (underlay.value() != null) {
                place.hosts("underlay", underlay.value().addresses(), Function.identity());
            }
            place.hosts("listen", listen.or(List.of()), SocketEndpoint::address);
            place.hosts("peers", named.or(List.of()), PeerConfig::address);
            place.prefixes("peerRanges", ranges.or(List.of()), PeerRangeConfig::prefix);
            place.prefixes("endpointPrefixes", prefixes.or(List.of()), Function.identity());
            place.prefixes("overlay.guests", overlay.get().guests(), Function.identity());
            place.prefixes("segments", segments.or(SegmentTerms.NONE).gateways(), GatewayAddress::prefix);
        }
        var monitoring = MonitoringParser.monitoring(root);
        var hostProtection = root.optionalSection("hostProtection", HostProtectionParser::read);
        if (!root.end()) {
            return null;
        }
        return new AgentConfig(
                node.get(),
                site.get(),
                asn.get(),
                routerId.or(underlay.get().address()),
                underlay.get(),
                named.get(),
                ranges.get(),
                listen.get(),
                restart.get(),
                leaving.get(),
                paths.get().intValue(),
                metrics.get(),
                api.get(),
                processes.get(),
                endpoints.get(),
                prefixes.get(),
                metadata.value(),
                state.get(),
                monitoring.get(),
                hostProtection.value(),
                overlay.value(),
                probes.get(),
                perNode.get().intValue(),
                segments.get());
    }

    private static void checkOverlay(
            Section root,
            Field<OverlayConfig> overlay,
            @Nullable UnderlayConfig underlay,
            @Nullable List<Prefix> endpointPrefixes) {
        if (overlay.value() == null) {
            return;
        }
        if (underlay != null && underlay.external() instanceof Ipv6Address external) {
            root.problem(overlay, "overlay", "needs an IPv4 underlay.external, or none, not " + external);
        }
        if (overlay.value().guests().isEmpty() && endpointPrefixes != null && endpointPrefixes.isEmpty()) {
            root.problem(overlay, "overlay", "needs guests, or endpointPrefixes: what must not leave in the clear");
        }
    }

    private static String account(String text) {
        if (!ACCOUNT_FORM.matcher(text).matches()) {
            throw new IllegalArgumentException("not a user's or group's name: '" + text + "'");
        }
        return text;
    }

    private static @Nullable SiteConfig site(Section section) {
        var id = section.required("id", SITE_ID);
        var name = section.optional("name", Scalar.NAME);
        return section.end() ? new SiteConfig(id.get(), name.or(id.get().toString())) : null;
    }

    private static @Nullable UnderlayConfig underlay(Section section) {
        var address = section.required("address", Scalar.IPV4);
        var address6 = section.optional("address6", Scalar.IPV6);
        var external = section.optional("external", Scalar.ADDRESS);
        var device = section.optional("interface", Scalar.INTERFACE);
        return section.end()
                ? new UnderlayConfig(address.get(), address6.value(), external.value(), device.value())
                : null;
    }

    private @Nullable PeerConfig peer(Section section, PeerParser parser, @Nullable UnderlayConfig underlay) {
        var link = section.optional("interface", Scalar.INTERFACE);
        var address = link.value() == null
                ? section.required("address", Scalar.ADDRESS)
                : section.optional("address", Scalar.ADDRESS, ANYBODY);
        var bfd = section.optionalSection("bfd", ConfigParser::bfd);
        InterfaceName name = link.value();
        checkPeer(section, address, name, underlay);
        if (name != null && bfd.value() != null) {
            section.problem(bfd, "bfd", "is not for a peer on an interface");
        } else if (bfd.value() != null && isWithoutLocal(address.value(), underlay)) {
            section.problem(bfd, "bfd", "needs underlay.address6 to reach " + address.value());
        }
        PeerConfig peer = parser.peer(section, address);
        if (peer == null) {
            return null;
        }
        if (name != null && !PeerConfig.UNICAST.containsAll(peer.families())) {
            section.problem(link, "interface", "is for ipv4-unicast and ipv6-unicast alone");
        }
        return name == null ? peer.with(bfd.value()) : peer.on(name);
    }

    private static @Nullable PeerRangeConfig range(
            Section section, PeerParser parser, @Nullable UnderlayConfig underlay) {
        return range(
                section,
                parser,
                within -> isWithoutLocal(within, underlay) ? "needs underlay.address6 to reach " + within : null);
    }

    /// A range of peers.
    ///
    /// @param noBfd why peers there can't be watched; null if they can
    static @Nullable PeerRangeConfig range(
            Section section, PeerParser parser, Function<IpAddress, @Nullable String> noBfd) {
        var prefix = section.required("prefix", PREFIX);
        var max = section.optional("max", RANGE_SIZE, (long) PeerRangeConfig.DEFAULT_MAX);
        var bfd = section.optionalSection("bfd", ConfigParser::bfd);
        IpAddress within = prefix.value() == null ? null : prefix.value().address();
        String obstacle = bfd.value() == null || within == null ? null : noBfd.apply(within);
        if (obstacle != null) {
            section.problem(bfd, "bfd", obstacle);
        }
        PeerConfig template = parser.peer(section, new Field<>(prefix.node(), within));
        return template == null || prefix.value() == null || max.value() == null
                ? null
                : new PeerRangeConfig(prefix.get(), max.get().intValue(), template.with(bfd.value()));
    }

    static @Nullable BfdConfig bfd(Section section) {
        var interval = section.optional("interval", Scalar.BFD_INTERVAL, BfdConfig.DEFAULT_INTERVAL);
        var multiplier = section.optional("multiplier", Scalar.BFD_MULTIPLIER, BfdConfig.DEFAULT_MULTIPLIER);
        var multihop = section.optional("multihop", Scalar.BOOLEAN, false);
        var keepRoutes = section.optional("keepRoutes", Scalar.BOOLEAN, true);
        return section.end() ? new BfdConfig(interval.get(), multiplier.get(), multihop.get(), keepRoutes.get()) : null;
    }

    private static boolean isWithoutLocal(@Nullable IpAddress peer, @Nullable UnderlayConfig underlay) {
        return peer != null && !peer.isIpv4() && underlay != null && underlay.address6() == null;
    }

    private void checkPeer(
            Section section,
            Field<IpAddress> address,
            @Nullable InterfaceName link,
            @Nullable UnderlayConfig underlay) {
        if (address.value() == null) {
            return;
        }
        if (!peers.add(address.value() + (link == null ? "" : "%" + link))) {
            section.problem(address, "address", "is the address of an earlier peer: " + address.value());
        }
        boolean linkLocal = address.value() instanceof Ipv6Address v6 && v6.canBeOnLink() && v6.link() == null;
        if (!address.value().isIpv4() && address.value().isLinkLocal() && link == null) {
            section.problem(address, "address", "is link-local and needs interface: " + address.value());
        } else if (link != null && !linkLocal && !address.value().isUnspecified()) {
            section.problem(address, "address", "is not link-local, as a peer on an interface is: " + address.value());
        }
        if (underlay != null
                && (address.value().equals(underlay.address())
                        || address.value().equals(underlay.address6()))) {
            section.problem(address, "address", "is this node's own address: " + address.value());
        }
    }

    private static List<SocketEndpoint> listenByDefault(@Nullable UnderlayConfig underlay) {
        if (underlay == null) {
            return List.of();
        }
        var ipv4 = new SocketEndpoint(underlay.address(), PeerConfig.DEFAULT_PORT);
        return underlay.address6() == null
                ? List.of(ipv4)
                : List.of(ipv4, new SocketEndpoint(underlay.address6(), PeerConfig.DEFAULT_PORT));
    }

    private static @Nullable Long maximumPaths(Section section) {
        var paths = section.optional("maximumPaths", PATHS, 1L);
        return section.end() ? paths.get() : null;
    }

    private static @Nullable MetricsConfig metrics(Section section) {
        var listen = section.optional("listen", Scalar.SOCKET, MetricsConfig.DEFAULT.listen());
        var endpoints = section.optional("endpoints", Scalar.BOOLEAN, false);
        return section.end() ? new MetricsConfig(listen.get(), endpoints.get()) : null;
    }

    static @Nullable SocketEndpoint metrics(Section section, SocketEndpoint otherwise) {
        var listen = section.optional("listen", Scalar.SOCKET, otherwise);
        return section.end() ? listen.get() : null;
    }

    static @Nullable ApiConfig api(Section section, Path otherwise) {
        var socket = section.optional("socket", Scalar.SOCKET_PATH, otherwise);
        var users = section.list("users", ACCOUNT, List.of());
        var groups = section.list("groups", ACCOUNT, List.of());
        var rate = section.optional("requestsPerSecond", REQUESTS, (long) ApiConfig.DEFAULT_REQUESTS_PER_SECOND);
        return section.end()
                ? new ApiConfig(
                        socket.get(), users.get(), groups.get(), rate.get().intValue())
                : null;
    }
}
