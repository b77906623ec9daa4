package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.bgp.policy.Policy;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.session.SessionState;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What real peers and this speaker make of each other: a table of peers and features of which every cell is measured
/// in the run that writes it. Not a test that may fail, so its name does not end in Test; `make interop` runs it.
@InNetns
class InteropMatrix {
    static final String EVPN = "EVPN";
    static final String EXTENDED_MESSAGES = "extended messages";
    static final String REFRESH_PEER = "route refresh: the peer asks";
    static final String REFRESH_US = "route refresh: we ask";
    static final String GR_US = "graceful restart: we restart";
    static final String GR_PEER = "graceful restart: the peer restarts";

    private static final Asn AS = new Asn(65000);
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);
    private static final Prefix V4 = Prefix.parse("10.9.0.1/32");
    private static final Prefix V6 = Prefix.parse("2001:db8:9::1/128");
    private static final List<LargeCommunity> COMMUNITIES =
            List.of(new LargeCommunity(65000, 1, 1), new LargeCommunity(4200000000L, 2, 42));
    private static final Prefix TWICE = Prefix.parse("10.9.0.4/32");
    private static final Prefix TO_PEER = Prefix.parse("10.9.0.3/32");
    private static final Pattern NLRI = Pattern.compile("\"nlri\": \"(11\\.[0-9.]+/32)\"");
    private static final int MANY = 100_000;
    private static final String FAREWELL = "moved to rack seven";

    private static final List<String> FEATURES = List.of(
            "session up",
            "IPv4",
            "IPv6",
            EVPN,
            "capabilities",
            "TCP MD5",
            GR_US,
            GR_PEER,
            REFRESH_PEER,
            REFRESH_US,
            "ADD-PATH",
            EXTENDED_MESSAGES,
            "large communities",
            "shutdown communication",
            "100,000 routes both ways");

    @TempDir
    Path folder;

    private final List<Speaker> speakers = new ArrayList<>();
    private final Map<String, String> cells = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private @Nullable RealPeer peer;
    private boolean addPath;
    private Set<AddressFamily> families = FAMILIES;
    private @Nullable Process capture;
    private int captured;
    private Recorder atOne = new Recorder();
    private Recorder atTwo = new Recorder();

    /// The peer does not offer what a feature needs.
    private static final class LackingException extends Exception {
        private static final long serialVersionUID = 1;

        LackingException(String how) {
            super(how);
        }
    }

    private interface Measurement {
        /// @return what is worth saying besides "pass"
        String run() throws Exception;
    }

    @Test
    void table() throws Exception {
        for (String address : List.of("10.0.0.1", "10.0.0.11", "10.0.0.12", "10.0.0.13")) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo");
        }
        for (String address : List.of("2001:db8::11", "2001:db8::12")) {
            Command.run("ip", "addr", "add", address + "/128", "dev", "lo");
        }
        var columns = new LinkedHashMap<String, Map<String, String>>();
        String only = System.getProperty("interop.peer", "");
        var exabgp = new Exabgp(folder.resolve("exabgp"), 0);
        if (only.isEmpty() || only.equals(exabgp.name())) {
            columns.put(exabgp.name() + " " + exabgp.version(), measuredExabgp(exabgp));
        }
        for (RealPeer peer : RealPeer.all(folder)) {
            if (only.isEmpty() || only.equals(peer.name())) {
                columns.put(peer.name() + " " + peer.version(), measured(peer));
            }
        }
        String table = table(columns) + "\n" + String.join("\n", notes) + "\n";
        System.out.println(table);
        if (only.isEmpty()) {
            write(table);
        }
    }

    private Map<String, String> measured(RealPeer peer) throws Exception {
        cells.clear();
        if (peer.version().isEmpty()) {
            FEATURES.forEach(feature -> cells.put(feature, "not installed"));
            return new LinkedHashMap<>(cells);
        }
        this.peer = peer;
        ask(peer);
        plain(peer);
        evpn(peer);
        additionalPaths(peer);
        withMd5(peer);
        weRestart(peer);
        peerRestarts(peer);
        many(peer);
        return new LinkedHashMap<>(cells);
    }

    /// ExaBGP passes nothing on: one speaker of ours that it dials, and what each of the two holds of the other's.
    private Map<String, String> measuredExabgp(Exabgp peer) throws Exception {
        cells.clear();
        if (peer.version().isEmpty()) {
            FEATURES.forEach(feature -> cells.put(feature, "not installed"));
            return new LinkedHashMap<>(cells);
        }
        this.peer = peer;
        addPath = true;
        begin(peer, null);
        measure("session up", () -> {
            waitFor("the session", () -> isUp(atOne));
            return "";
        });
        atTwo = atOne;
        speakers.removeLast().close();
        Speaker one = speakers.getFirst();
        one.originate(List.of(new OriginatedRoute(TO_PEER, IpAddress.parse("10.0.0.11"), 100, COMMUNITIES)));
        measure("IPv4", () -> {
            waitFor("its route", () -> atOne.routes.containsKey(V4));
            waitFor("our route at the peer", () -> sees(peer, TO_PEER.toString()));
            return "";
        });
        measure("IPv6", () -> {
            waitFor("its route", () -> atOne.routes.containsKey(V6));
            return "";
        });
        measure("large communities", () -> {
            assertThat(path(V4).largeCommunities()).containsExactlyInAnyOrderElementsOf(COMMUNITIES);
            assertThat(peer.heard()).containsPattern("4200000000\\s*,\\s*2\\s*,\\s*42");
            return "";
        });
        measure("capabilities", this::capabilities);
        measure("ADD-PATH", () -> {
            assertThat(terms().wire().addPathReceived()).contains(AddressFamily.IPV4_UNICAST);
            waitFor("both paths", () -> atOne.nextHops(TWICE).size() == 2);
            return "";
        });
        measure(EXTENDED_MESSAGES, this::extendedMessages);
        measure(REFRESH_PEER, () -> {
            long before = counters(0).updatesSent();
            peer.askForRefresh("10.0.0.11");
            waitFor("our routes said again", () -> counters(0).updatesSent() > before);
            return "";
        });
        measure(REFRESH_US, () -> {
            long before = counters(0).updatesReceived();
            one.reconfigure(config("10.0.0.11", null, Policy.ACCEPT_ALL));
            waitFor("its routes said again", () -> counters(0).updatesReceived() > before);
            return "";
        });
        exabgpRestarts(peer);
        exabgpOutlives(peer);
        measure("shutdown communication", () -> {
            speakers.getFirst().shutdown(FAREWELL);
            String octets = HexFormat.of().withUpperCase().formatHex(FAREWELL.getBytes(StandardCharsets.UTF_8));
            waitFor("the text at the peer", () -> sees(peer, octets));
            Pattern refused = Pattern.compile("can not decode update message of type ..3");
            waitFor("what it makes of it", () -> refused.matcher(view(peer)).find() || sees(peer, FAREWELL));
            if (sees(peer, FAREWELL)) {
                return "";
            }
            note(
                    "shutdown communication",
                    "its helper is given our text only as octets (`packets`); its parser of RFC 9003's text raises "
                            + "TypeError (`b'…%s' % str` in Python 3), and it answers 1/0",
                    "can not decode update message of type 3");
            return "as octets";
        });
        end(peer);
        addPath = false;
        evpn(peer);
        begin(peer, "secret");
        measure("TCP MD5", () -> {
            waitFor("the session", () -> isUp(atOne));
            return "";
        });
        end(peer);
        var full = new Exabgp(folder.resolve("exabgp-full"), MANY);
        begin(full, null);
        measure("100,000 routes both ways", () -> {
            waitFor("the session", 60, () -> isUp(atOne));
            long began = System.nanoTime();
            Set<Prefix> left = originateMany(speakers.getFirst(), 0x0b00_0000, "10.0.0.11");
            waitFor("all of its routes", 240, () -> atOne.routes.size() == MANY + 3);
            waitFor("all of ours", 240, () -> hosts(full).size() >= MANY);
            assertThat(hosts(full)).isEqualTo(left);
            return "equal after " + Duration.ofNanos(System.nanoTime() - began).toSeconds() + " s";
        });
        end(full);
        return new LinkedHashMap<>(cells);
    }

    private void exabgpRestarts(Exabgp peer) throws Exception {
        measure(GR_PEER, () -> {
            atOne.everLost.clear();
            peer.kill();
            waitFor("the loss", () -> !isUp(atOne));
            assertThat(atOne.routes.keySet()).contains(V4, V6);
            peer.restart();
            waitFor("the session", () -> isUp(atOne));
            waitFor(
                    "End-of-RIB",
                    () -> speakers.getFirst().status().peers().getFirst().families().values().stream()
                            .allMatch(PeerStatus.Family::ended));
            assertThat(atOne.everLost).isEmpty();
            return "";
        });
    }

    /// It holds no routes; its helper must not hear of a loss.
    private void exabgpOutlives(Exabgp peer) throws Exception {
        measure(GR_US, () -> {
            waitFor("our route at the peer", () -> sees(peer, TO_PEER.toString()));
            int told = told(peer);
            speakers.removeFirst().close();
            atOne = new Recorder();
            atTwo = atOne;
            Speaker back = speaker("10.0.0.11", null, atOne);
            speakers.addFirst(back);
            back.originate(List.of(new OriginatedRoute(TO_PEER, IpAddress.parse("10.0.0.11"), 100, COMMUNITIES)));
            back.initialRoutesOriginated();
            waitFor("its routes again", () -> atOne.routes.keySet().containsAll(Set.of(V4, V6)));
            waitFor("our route again", () -> told(peer) > told);
            assertThat(peer.heard()).doesNotContain("\"withdraw\"");
            return "";
        });
    }

    /// How often its helper was told of our route.
    private static int told(Exabgp peer) {
        return view(peer).split(Pattern.quote(TO_PEER.toString()), -1).length;
    }

    private static String view(RealPeer peer) {
        try {
            return peer.view("10.0.0.11");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// Our many routes as ExaBGP told its helper.
    private static Set<Prefix> hosts(Exabgp peer) {
        try {
            return NLRI.matcher(peer.heard())
                    .results()
                    .map(found -> Prefix.parse(found.group(1)))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String extendedMessages() throws LackingException {
        if (!terms().wire().extendedMessages()) {
            needs(Capability.CODE_EXTENDED_MESSAGE);
        }
        assertThat(terms().wire().extendedMessages()).isTrue();
        return "";
    }

    private void needs(int code) throws LackingException {
        if (terms().open().capabilities().stream().noneMatch(capability -> code(capability) == code)) {
            throw new LackingException("its OPEN answers ours without capability " + code);
        }
    }

    private String capabilities() {
        return terms().open().capabilities().stream()
                .map(InteropMatrix::code)
                .distinct()
                .sorted()
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
    }

    private void plain(RealPeer peer) throws Exception {
        begin(peer, null);
        measure("session up", () -> {
            waitFor("both sessions", () -> isUp(atOne) && isUp(atTwo));
            return "";
        });
        speakers.getFirst().originate(routes());
        measure("IPv4", () -> {
            waitFor("the route", () -> atTwo.routes.containsKey(V4));
            assertThat(path(V4).nextHop()).isEqualTo(IpAddress.parse("10.0.0.11"));
            return "";
        });
        measure("IPv6", () -> {
            waitFor("the route", () -> atTwo.routes.containsKey(V6));
            assertThat(path(V6).nextHop()).isEqualTo(IpAddress.parse("2001:db8::11"));
            return "";
        });
        measure("large communities", () -> {
            assertThat(path(V4).largeCommunities()).containsExactlyInAnyOrderElementsOf(COMMUNITIES);
            return "";
        });
        measure("capabilities", this::capabilities);
        measure(EXTENDED_MESSAGES, this::extendedMessages);
        measure(REFRESH_PEER, () -> {
            long before = counters(0).updatesSent();
            peer.askForRefresh("10.0.0.11");
            waitFor("our routes said again", () -> counters(0).updatesSent() > before);
            return terms().enhancedRefresh() ? "enhanced" : "";
        });
        measure(REFRESH_US, () -> {
            long before = counters(1).updatesReceived();
            speakers.get(1).reconfigure(config("10.0.0.12", null, Policy.ACCEPT_ALL));
            waitFor("its routes said again", () -> counters(1).updatesReceived() > before);
            assertThat(atTwo.flaps(RealPeer.OWN)).isZero();
            return "";
        });
        measure("shutdown communication", () -> {
            speakers.getFirst().shutdown(FAREWELL);
            waitFor("the text at the peer", () -> sees(peer, FAREWELL));
            return "";
        });
        end(peer);
    }

    /// Two clients announce one prefix, and the third has both paths.
    private void additionalPaths(RealPeer peer) throws Exception {
        addPath = true;
        peer.setClients(3);
        begin(peer, null);
        var atThree = new Recorder();
        speakers.add(speaker("10.0.0.13", null, atThree));
        speakers.getFirst().originate(List.of(new OriginatedRoute(V4, IpAddress.parse("10.0.0.11"), 100, List.of())));
        speakers.getLast().originate(List.of(new OriginatedRoute(V4, IpAddress.parse("10.0.0.13"), 100, List.of())));
        measure("ADD-PATH", () -> {
            waitFor("the sessions", () -> isUp(atOne) && isUp(atTwo) && isUp(atThree));
            SessionTerms terms = Objects.requireNonNull(
                    speakers.get(1).status().peers().getFirst().terms());
            assertThat(terms.wire().addPathReceived()).containsAll(FAMILIES);
            waitFor("both paths", () -> atTwo.nextHops(V4).size() == 2);
            return "";
        });
        end(peer);
        peer.setClients(2);
        addPath = false;
    }

    /// Ours at the peer, as it shows them, and the peer's as we hold them.
    private void evpn(RealPeer peer) throws Exception {
        if (cells.containsKey(EVPN)) {
            return;
        }
        families = Set.of(AddressFamily.L2VPN_EVPN);
        peer.setEvpn(true);
        begin(peer, null);
        measure(EVPN, () -> evpnBothWays(peer));
        end(peer);
        peer.setEvpn(false);
        families = FAMILIES;
    }

    private String evpnBothWays(RealPeer peer) throws Exception {
        waitFor("the session", 60, () -> isUp(atOne));
        Speaker one = speakers.getFirst();
        Speaker two = speakers.getLast();
        List<ExtendedCommunity> targets = List.of(ExtendedCommunity.routeTarget(65000, 100));
        speakers.forEach(speaker -> speaker.importTargets(Set.copyOf(targets)));
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
            waitFor("our " + said + " at the peer", 60, () -> evpnView(peer).contains(said));
        }
        List<Integer> theirs = peer.announceEvpn();
        waitFor("the peer's", 60, () -> typesFrom(RealPeer.OWN, two).equals(Set.copyOf(theirs)));
        if (theirs.isEmpty()) {
            note(EVPN, peer.whyNoEvpnOfItsOwn(), "");
            return "types 2, 3 and 5 of ours";
        }
        waitFor("ours at the other client", () -> typesFrom("10.0.0.11", two).equals(Set.of(2, 3, 5)));
        one.withdrawEvpn(List.of(prefix.route()));
        waitFor("a withdrawal at the peer", () -> !evpnView(peer).contains("10.7.0.0"));
        waitFor(
                "what is imported of the peer's",
                () -> atTwo.evpn.values().stream()
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

    private void withMd5(RealPeer peer) throws Exception {
        begin(peer, "secret");
        measure("TCP MD5", () -> {
            waitFor("both sessions", () -> isUp(atOne) && isUp(atTwo));
            return "";
        });
        end(peer);
    }

    private void weRestart(RealPeer peer) throws Exception {
        begin(peer, null);
        measure(GR_US, () -> {
            speakers.getFirst().originate(routes());
            waitFor("the routes", () -> atTwo.routes.keySet().containsAll(Set.of(V4, V6)));
            speakers.removeFirst().close(); // as kill -9 would: no NOTIFICATION
            atOne = new Recorder();
            Speaker back = speaker("10.0.0.11", null, atOne);
            speakers.addFirst(back);
            back.originate(routes()); // as an agent does: before it has a session, and before End-of-RIB
            back.initialRoutesOriginated();
            waitFor("the session", () -> isUp(atOne));
            waitFor("advertised", () -> atOne.advertised.containsAll(Set.of(V4, V6)));
            back.withdraw(List.of(V6));
            waitFor("a change after it", () -> !atTwo.routes.containsKey(V6));
            assertThat(atTwo.everLost).containsExactly(V6);
            return "";
        });
        end(peer);
    }

    private void peerRestarts(RealPeer peer) throws Exception {
        begin(peer, null);
        measure(GR_PEER, () -> {
            speakers.getFirst().originate(routes());
            speakers.getFirst().initialRoutesOriginated();
            speakers.getLast().initialRoutesOriginated();
            waitFor("the routes", () -> atTwo.routes.keySet().containsAll(Set.of(V4, V6)));
            needs(Capability.CODE_GRACEFUL_RESTART);
            Capability.GracefulRestart offered = Objects.requireNonNull(terms().gracefulRestart());
            if (offered.forwarding().isEmpty()) {
                throw new LackingException("its capability 64 names no family whose routes could stay (RFC 4724 §3): "
                        + "it only asks for End-of-RIB");
            }
            assertThat(offered.restartSeconds()).as("its restart time").isPositive();
            peer.kill();
            waitFor("the loss", () -> !isUp(atOne) && !isUp(atTwo));
            assertThat(atTwo.everLost).isEmpty();
            peer.restart();
            waitFor("both sessions", () -> isUp(atOne) && isUp(atTwo));
            speakers.getFirst().withdraw(List.of(V6));
            waitFor("a change after it", () -> !atTwo.routes.containsKey(V6));
            assertThat(atTwo.everLost).containsExactly(V6);
            return "";
        });
        end(peer);
    }

    private void many(RealPeer peer) throws Exception {
        begin(peer, null);
        measure("100,000 routes both ways", () -> {
            waitFor("both sessions", () -> isUp(atOne) && isUp(atTwo));
            long began = System.nanoTime();
            Set<Prefix> left = originateMany(speakers.getFirst(), 0x0b00_0000, "10.0.0.11");
            Set<Prefix> right = originateMany(speakers.getLast(), 0x0c00_0000, "10.0.0.12");
            waitFor("all", 240, () -> atTwo.routes.size() == MANY && atOne.routes.size() == MANY);
            long seconds = Duration.ofNanos(System.nanoTime() - began).toSeconds();
            assertThat(atTwo.routes.keySet()).isEqualTo(left);
            assertThat(atOne.routes.keySet()).isEqualTo(right);
            assertThat(atTwo.routes.values())
                    .allSatisfy(path -> assertThat(path.largeCommunities()).hasSize(2));
            return "equal after " + seconds + " s";
        });
        end(peer);
    }

    private static Set<Prefix> originateMany(Speaker speaker, int first, String nextHop) {
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

    private void begin(RealPeer peer, @Nullable String password) throws IOException {
        Bytes key = password == null ? null : Bytes.copyOf(password.getBytes(StandardCharsets.US_ASCII));
        capture(peer);
        peer.start(password);
        atOne = new Recorder();
        atTwo = new Recorder();
        speakers.add(speaker("10.0.0.11", key, atOne));
        speakers.add(speaker("10.0.0.12", key, atTwo));
    }

    private void end(RealPeer peer) throws IOException, InterruptedException {
        speakers.forEach(Speaker::close);
        speakers.clear();
        peer.kill();
        if (capture != null) {
            capture.destroy();
            capture.waitFor();
            Files.writeString(captured(peer, "log"), peer.view("10.0.0.11"));
        }
    }

    /// With `-Dinterop.captures=FOLDER` what is on the wire and what the peer logs is kept, a file for each start.
    private void capture(RealPeer peer) throws IOException {
        String captures = System.getProperty("interop.captures", "");
        if (!captures.isEmpty()) {
            captured++;
            var command = "tcpdump --immediate-mode -U -i lo -w " + captured(peer, "pcap") + " port 179 or port 1790";
            capture = new ProcessBuilder("sh", "-c", "exec " + command)
                    .redirectErrorStream(true)
                    .start();
            capture.inputReader().readLine(); // "listening on lo"
        }
    }

    private Path captured(RealPeer peer, String what) {
        return Path.of(System.getProperty("interop.captures", ""), peer.name() + "-" + captured + "." + what);
    }

    /// Has the peer's own parser say which features it does not know.
    private void ask(RealPeer peer) throws IOException {
        for (Map.Entry<String, String> each : peer.asking().entrySet()) {
            String refusal = peer.refusal(each.getValue());
            if (!refusal.isEmpty()) {
                cells.put(each.getKey(), RealPeer.Excuse.LACKS);
                note(each.getKey(), "it is asked with `" + each.getValue() + "` and answers", lastWords(refusal));
            }
        }
    }

    /// The first line, without the name of the program and of the file.
    private static String lastWords(String text) {
        return text.strip().lines().findFirst().orElse("").replaceFirst(".*[0-9]+(:[0-9]+)?:? ", "");
    }

    private void measure(String feature, Measurement measurement) throws IOException {
        if (cells.containsKey(feature)) {
            return; // the peer lacks it
        }
        try {
            String more = measurement.run();
            cells.put(feature, more.isEmpty() ? "pass" : "pass: " + more);
        } catch (LackingException lack) {
            cells.put(feature, RealPeer.Excuse.LACKS);
            note(feature, String.valueOf(lack.getMessage()), "");
        } catch (AssertionError fault) {
            failed(feature, String.valueOf(fault.getMessage()));
        } catch (Exception fault) {
            failed(feature, fault.toString());
        }
    }

    private void failed(String feature, String fault) throws IOException {
        RealPeer.Excuse excuse = Objects.requireNonNull(peer).excuses().get(feature);
        Matcher shown = excuse == null ? null : excuse.shown().matcher(peer.view("10.0.0.11"));
        if (excuse != null && shown != null && shown.find()) {
            cells.put(feature, excuse.verdict());
            note(feature, excuse.why(), shown.group());
        } else {
            cells.put(feature, "fail: " + firstLine(fault));
        }
    }

    private void note(String feature, String why, String shown) {
        RealPeer of = Objects.requireNonNull(peer);
        String evidence = shown.isEmpty() ? "" : ": `" + shown.replaceAll(" +", " ") + "`";
        notes.add("- **" + of.name() + " " + of.version() + ", " + feature + "**: " + why + evidence + ".");
    }

    private static String firstLine(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() > 120 ? line.substring(0, 120) : line;
    }

    private void waitFor(String what, BooleanSupplier condition) throws InterruptedException {
        waitFor(what, 20, condition);
    }

    private void waitFor(String what, int seconds, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain for " + what);
            }
            atTwo.pause();
        }
    }

    private static boolean isUp(Recorder recorder) {
        return recorder.state(RealPeer.OWN) == SessionState.ESTABLISHED;
    }

    private static boolean sees(RealPeer peer, String text) {
        return view(peer).contains(text);
    }

    private PathAttributes path(Prefix prefix) {
        PathAttributes path = atTwo.routes.get(prefix);
        if (path == null) {
            throw new AssertionError("no route to " + prefix);
        }
        return path;
    }

    private SessionTerms terms() {
        SessionTerms terms = speakers.getLast().status().peers().getFirst().terms();
        if (terms == null) {
            throw new AssertionError("no session");
        }
        return terms;
    }

    private PeerStatus.Counters counters(int speaker) {
        return speakers.get(speaker).status().peers().getFirst().counters();
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

    private static List<OriginatedRoute> routes() {
        return List.of(
                new OriginatedRoute(V4, IpAddress.parse("10.0.0.11"), 100, COMMUNITIES),
                new OriginatedRoute(V6, IpAddress.parse("2001:db8::11"), 100, COMMUNITIES));
    }

    private Speaker speaker(String address, @Nullable Bytes key, Recorder recorder) throws IOException {
        var speaker = new Speaker(config(address, key, null), recorder);
        speaker.start();
        return speaker;
    }

    private SpeakerConfig config(String address, @Nullable Bytes key, @Nullable Policy in) {
        IpAddress own = IpAddress.parse(address);
        var session = new SessionOptions(480, 0, null, false, true, addPath ? families : Set.of(), Set.of(), Set.of());
        var options = new PeerOptions(session, Map.of(), 0, in, null);
        var peer = new PeerConfig(IpAddress.parse(RealPeer.OWN), 179, own, AS, families, key, 9, 60, false, options);
        return new SpeakerConfig(
                AS,
                new BgpIdentifier(((Ipv4Address) own).value()),
                List.of(own),
                1790,
                List.of(peer),
                true,
                Duration.ofSeconds(5),
                List.of(),
                null,
                4);
    }

    private static String table(Map<String, Map<String, String>> columns) {
        var text = new StringBuilder("| feature | " + String.join(" | ", columns.keySet()) + " |\n");
        text.append("|---".repeat(columns.size() + 1)).append("|\n");
        for (String feature : FEATURES) {
            text.append("| ").append(feature);
            columns.values()
                    .forEach(cells -> text.append(" | ").append(cells.getOrDefault(feature, "fail: not measured")));
            text.append(" |\n");
        }
        return text.toString();
    }

    /// Between the marks of docs/interop.md.
    private static void write(String table) throws IOException {
        Path page = Path.of("../docs/interop.md");
        String text = Files.readString(page);
        String begin = "<!-- table: written by `make interop` -->\n";
        String end = "<!-- end of table -->";
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf(end);
        assertThat(from).isPositive().isLessThanOrEqualTo(to);
        Files.writeString(page, text.substring(0, from) + table + text.substring(to));
    }
}
