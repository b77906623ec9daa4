package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import slash32.bgp.policy.Policy;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;

/// What a peer that reflects and two speakers of ours make of each other, feature by feature.
final class InteropMeasurements {
    static final Prefix V4 = Prefix.parse("10.9.0.1/32");
    static final Prefix V6 = Prefix.parse("2001:db8:9::1/128");
    static final List<LargeCommunity> COMMUNITIES =
            List.of(new LargeCommunity(65000, 1, 1), new LargeCommunity(4200000000L, 2, 42));
    static final int MANY = 100_000;
    static final String FAREWELL = "moved to rack seven";

    final InteropColumn column;
    final InteropStage stage = new InteropStage();
    private final RealPeer peer;

    InteropMeasurements(RealPeer peer) {
        this.peer = peer;
        column = new InteropColumn(peer);
    }

    InteropColumn measured() throws Exception {
        if (peer.version().isEmpty()) {
            column.notInstalled();
            return column;
        }
        column.ask();
        plain();
        evpn();
        additionalPaths();
        withMd5();
        weRestart();
        peerRestarts();
        many();
        return column;
    }

    private void plain() throws Exception {
        stage.begin(peer, null);
        column.measure("session up", () -> {
            stage.waitFor("both sessions", () -> InteropStage.isUp(stage.atOne) && InteropStage.isUp(stage.atTwo));
            return "";
        });
        stage.speakers.getFirst().originate(routes());
        column.measure("IPv4", () -> {
            stage.waitFor("the route", () -> stage.atTwo.routes.containsKey(V4));
            assertThat(stage.path(V4).nextHop()).isEqualTo(IpAddress.parse("10.0.0.11"));
            return "";
        });
        column.measure("IPv6", () -> {
            stage.waitFor("the route", () -> stage.atTwo.routes.containsKey(V6));
            assertThat(stage.path(V6).nextHop()).isEqualTo(IpAddress.parse("2001:db8::11"));
            return "";
        });
        column.measure("large communities", () -> {
            assertThat(stage.path(V4).largeCommunities()).containsExactlyInAnyOrderElementsOf(COMMUNITIES);
            return "";
        });
        column.measure("capabilities", this::capabilities);
        column.measure(InteropColumn.EXTENDED_MESSAGES, this::extendedMessages);
        column.measure(InteropColumn.REFRESH_PEER, () -> {
            long before = stage.counters(0).updatesSent();
            peer.askForRefresh("10.0.0.11");
            stage.waitFor("our routes said again", () -> stage.counters(0).updatesSent() > before);
            return stage.terms().enhancedRefresh() ? "enhanced" : "";
        });
        column.measure(InteropColumn.REFRESH_US, () -> {
            long before = stage.counters(1).updatesReceived();
            stage.speakers.get(1).reconfigure(stage.config("10.0.0.12", null, Policy.ACCEPT_ALL));
            stage.waitFor("its routes said again", () -> stage.counters(1).updatesReceived() > before);
            assertThat(stage.atTwo.flaps(RealPeer.OWN)).isZero();
            return "";
        });
        column.measure("shutdown communication", () -> {
            stage.speakers.getFirst().shutdown(FAREWELL);
            stage.waitFor("the text at the peer", () -> sees(peer, FAREWELL));
            return "";
        });
        stage.end(peer);
    }

    /// Two clients announce one prefix, and the third has both paths.
    private void additionalPaths() throws Exception {
        stage.addPath = true;
        peer.setClients(3);
        stage.begin(peer, null);
        var atThree = new Recorder();
        stage.speakers.add(stage.speaker("10.0.0.13", null, atThree));
        stage.speakers
                .getFirst()
                .originate(List.of(new OriginatedRoute(V4, IpAddress.parse("10.0.0.11"), 100, List.of())));
        stage.speakers
                .getLast()
                .originate(List.of(new OriginatedRoute(V4, IpAddress.parse("10.0.0.13"), 100, List.of())));
        column.measure("ADD-PATH", () -> {
            stage.waitFor(
                    "the sessions",
                    () -> InteropStage.isUp(stage.atOne)
                            && InteropStage.isUp(stage.atTwo)
                            && InteropStage.isUp(atThree));
            SessionTerms terms = Objects.requireNonNull(
                    stage.speakers.get(1).status().peers().getFirst().terms());
            assertThat(terms.wire().addPathReceived()).containsAll(InteropStage.FAMILIES);
            stage.waitFor("both paths", () -> stage.atTwo.nextHops(V4).size() == 2);
            return "";
        });
        stage.end(peer);
        peer.setClients(2);
        stage.addPath = false;
    }

    private void withMd5() throws Exception {
        stage.begin(peer, "secret");
        column.measure("TCP MD5", () -> {
            stage.waitFor("both sessions", () -> InteropStage.isUp(stage.atOne) && InteropStage.isUp(stage.atTwo));
            return "";
        });
        stage.end(peer);
    }

    private void weRestart() throws Exception {
        stage.begin(peer, null);
        column.measure(InteropColumn.GR_US, () -> {
            stage.speakers.getFirst().originate(routes());
            stage.waitFor("the routes", () -> stage.atTwo.routes.keySet().containsAll(Set.of(V4, V6)));
            stage.speakers.removeFirst().close(); // as kill -9 would: no NOTIFICATION
            stage.atOne = new Recorder();
            Speaker back = stage.speaker("10.0.0.11", null, stage.atOne);
            stage.speakers.addFirst(back);
            back.originate(routes()); // as an agent does: before it has a session, and before End-of-RIB
            back.initialRoutesOriginated();
            stage.waitFor("the session", () -> InteropStage.isUp(stage.atOne));
            stage.waitFor("advertised", () -> stage.atOne.advertised.containsAll(Set.of(V4, V6)));
            back.withdraw(List.of(V6));
            stage.waitFor("a change after it", () -> !stage.atTwo.routes.containsKey(V6));
            assertThat(stage.atTwo.everLost).containsExactly(V6);
            return "";
        });
        stage.end(peer);
    }

    private void peerRestarts() throws Exception {
        stage.begin(peer, null);
        column.measure(InteropColumn.GR_PEER, () -> {
            stage.speakers.getFirst().originate(routes());
            stage.speakers.getFirst().initialRoutesOriginated();
            stage.speakers.getLast().initialRoutesOriginated();
            stage.waitFor("the routes", () -> stage.atTwo.routes.keySet().containsAll(Set.of(V4, V6)));
            needs(Capability.CODE_GRACEFUL_RESTART);
            Capability.GracefulRestart offered =
                    Objects.requireNonNull(stage.terms().gracefulRestart());
            if (offered.forwarding().isEmpty()) {
                throw new InteropColumn.LackingException(
                        "its capability 64 names no family whose routes could stay (RFC 4724 §3): "
                                + "it only asks for End-of-RIB");
            }
            assertThat(offered.restartSeconds()).as("its restart time").isPositive();
            peer.kill();
            stage.waitFor("the loss", () -> !InteropStage.isUp(stage.atOne) && !InteropStage.isUp(stage.atTwo));
            assertThat(stage.atTwo.everLost).isEmpty();
            peer.restart();
            stage.waitFor("both sessions", () -> InteropStage.isUp(stage.atOne) && InteropStage.isUp(stage.atTwo));
            stage.speakers.getFirst().withdraw(List.of(V6));
            stage.waitFor("a change after it", () -> !stage.atTwo.routes.containsKey(V6));
            assertThat(stage.atTwo.everLost).containsExactly(V6);
            return "";
        });
        stage.end(peer);
    }

    private void many() throws Exception {
        stage.begin(peer, null);
        column.measure("100,000 routes both ways", () -> {
            stage.waitFor("both sessions", () -> InteropStage.isUp(stage.atOne) && InteropStage.isUp(stage.atTwo));
            long began = System.nanoTime();
            Set<Prefix> left = originateMany(stage.speakers.getFirst(), 0x0b00_0000, "10.0.0.11");
            Set<Prefix> right = originateMany(stage.speakers.getLast(), 0x0c00_0000, "10.0.0.12");
            stage.waitFor("all", 240, () -> stage.atTwo.routes.size() == MANY && stage.atOne.routes.size() == MANY);
            long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
            assertThat(stage.atTwo.routes.keySet()).isEqualTo(left);
            assertThat(stage.atOne.routes.keySet()).isEqualTo(right);
            assertThat(stage.atTwo.routes.values())
                    .allSatisfy(path -> assertThat(path.largeCommunities()).hasSize(2));
            return "equal after " + seconds + " s";
        });
        stage.end(peer);
    }

    private static List<OriginatedRoute> routes() {
        return List.of(
                new OriginatedRoute(V4, IpAddress.parse("10.0.0.11"), 100, COMMUNITIES),
                new OriginatedRoute(V6, IpAddress.parse("2001:db8::11"), 100, COMMUNITIES));
    }

    String extendedMessages() throws InteropColumn.LackingException {
        if (!stage.terms().wire().extendedMessages()) {
            needs(Capability.CODE_EXTENDED_MESSAGE);
        }
        assertThat(stage.terms().wire().extendedMessages()).isTrue();
        return "";
    }

    private void needs(int code) throws InteropColumn.LackingException {
        if (stage.terms().open().capabilities().stream().noneMatch(capability -> code(capability) == code)) {
            throw new InteropColumn.LackingException("its OPEN answers ours without capability " + code);
        }
    }

    String capabilities() {
        return stage.terms().open().capabilities().stream()
                .map(InteropMeasurements::code)
                .distinct()
                .sorted()
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
    }

    /// Ours at the peer, as it shows them, and the peer's as we hold them.
    void evpn() throws Exception {
        if (column.has(InteropColumn.EVPN)) {
            return;
        }
        stage.families = Set.of(AddressFamily.L2VPN_EVPN);
        peer.setEvpn(true);
        stage.begin(peer, null);
        column.measure(InteropColumn.EVPN, () -> evpnBothWays());
        stage.end(peer);
        peer.setEvpn(false);
        stage.families = InteropStage.FAMILIES;
    }

    private String evpnBothWays() throws Exception {
        stage.waitFor("the session", 60, () -> InteropStage.isUp(stage.atOne));
        Speaker one = stage.speakers.getFirst();
        Speaker two = stage.speakers.getLast();
        List<ExtendedCommunity> targets = List.of(ExtendedCommunity.routeTarget(65000, 100));
        stage.speakers.forEach(speaker -> speaker.importTargets(Set.copyOf(targets)));
        var ours = new EvpnInstance(
                RouteDistinguisher.of(Ipv4Address.parse("10.0.0.11"), 100),
                new Vni(100),
                targets,
                IpAddress.parse("10.0.0.11"));
        MacAddress mac = MacAddress.parse("02:00:00:00:00:0b");
        EvpnPath prefix = ours.ipPrefix(Prefix.parse("10.7.0.0/24"), mac);
        one.originateEvpn(List.of(
                ours.inclusiveMulticast(),
                ours.macIp(mac, null, new EvpnInstance.Mobility(false, 7)),
                ours.macIp(mac, IpAddress.parse("10.5.0.11"), EvpnInstance.Mobility.NONE),
                prefix));
        for (String said : List.of(mac.toString(), "10.5.0.11", "10.0.0.11", "10.7.0.0")) {
            stage.waitFor(
                    "our " + said + " at the peer", 60, () -> evpnView(peer).contains(said));
        }
        List<Integer> theirs = peer.announceEvpn();
        stage.waitFor("the peer's", 60, () -> typesFrom(RealPeer.OWN, two).equals(Set.copyOf(theirs)));
        if (theirs.isEmpty()) {
            column.note(InteropColumn.EVPN, peer.whyNoEvpnOfItsOwn(), "");
            return "types 2, 3 and 5 of ours";
        }
        stage.waitFor(
                "ours at the other client", () -> typesFrom("10.0.0.11", two).equals(Set.of(2, 3, 5)));
        one.withdrawEvpn(List.of(prefix.route()));
        stage.waitFor("a withdrawal at the peer", () -> !evpnView(peer).contains("10.7.0.0"));
        stage.waitFor(
                "what is imported of the peer's",
                () -> stage.atTwo.evpn.values().stream()
                        .anyMatch(path -> path.route() instanceof EvpnRoute.InclusiveMulticastRoute all
                                && all.originator().equals(IpAddress.parse(RealPeer.OWN))
                                && Objects.requireNonNull(path.attributes().pmsiTunnel())
                                                .label()
                                        == 100));
        return "types 2, 3 and 5 both ways";
    }

    private static Set<Integer> typesFrom(String vtep, Speaker at) {
        return at.bestEvpn().stream()
                .map(Speaker.BestEvpn::path)
                .filter(path -> IpAddress.parse(vtep).equals(path.attributes().nextHop()))
                .map(path -> type(path.route()))
                .collect(Collectors.toSet());
    }

    private static int type(EvpnRoute route) {
        return switch (route) {
            case EvpnRoute.EthernetAutoDiscoveryRoute _ -> 1;
            case EvpnRoute.MacIpRoute _ -> 2;
            case EvpnRoute.InclusiveMulticastRoute _ -> 3;
            case EvpnRoute.EthernetSegmentRoute _ -> 4;
            case EvpnRoute.IpPrefixRoute _ -> 5;
            case EvpnRoute.UnknownRoute unknown -> unknown.type();
        };
    }

    private static String evpnView(RealPeer peer) {
        try {
            return peer.evpnView().toLowerCase(Locale.ROOT);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static Set<Prefix> originateMany(Speaker speaker, int first, String nextHop) {
        var routes = new ArrayList<OriginatedRoute>();
        var prefixes = new HashSet<Prefix>();
        IntStream.range(0, MANY).forEach(host -> {
            Prefix prefix = new Ipv4Address(first + host).hostPrefix();
            prefixes.add(prefix);
            var communities = List.of(new LargeCommunity(65000, 1, 1), new LargeCommunity(65000, 2, host % 100));
            routes.add(new OriginatedRoute(prefix, IpAddress.parse(nextHop), 100, communities));
        });
        speaker.originate(routes);
        return prefixes;
    }

    static String view(RealPeer peer) {
        try {
            return peer.view("10.0.0.11");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    static boolean sees(RealPeer peer, String text) {
        return view(peer).contains(text);
    }

    private static int code(Capability capability) {
        return switch (capability) {
            case Capability.Multiprotocol _ -> Capability.CODE_MULTIPROTOCOL;
            case Capability.RouteRefresh() -> Capability.CODE_ROUTE_REFRESH;
            case Capability.ExtendedNextHop _ -> Capability.CODE_EXTENDED_NEXT_HOP;
            case Capability.ExtendedMessage() -> Capability.CODE_EXTENDED_MESSAGE;
            case Capability.Role _ -> Capability.CODE_ROLE;
            case Capability.FourOctetAs _ -> Capability.CODE_FOUR_OCTET_AS;
            case Capability.GracefulRestart _ -> Capability.CODE_GRACEFUL_RESTART;
            case Capability.LongLivedGracefulRestart _ -> Capability.CODE_LONG_LIVED_GRACEFUL_RESTART;
            case Capability.AddPath _ -> Capability.CODE_ADD_PATH;
            case Capability.EnhancedRouteRefresh() -> Capability.CODE_ENHANCED_ROUTE_REFRESH;
            case Capability.Fqdn _ -> Capability.CODE_FQDN;
            case Capability.SoftwareVersion _ -> Capability.CODE_SOFTWARE_VERSION;
            case Capability.Unknown(int code, Bytes _) -> code;
        };
    }
}
