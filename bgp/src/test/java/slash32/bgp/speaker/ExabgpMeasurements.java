package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import slash32.bgp.policy.Policy;
import slash32.bgp.wire.AddressFamily;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// The same of ExaBGP, which passes nothing on: one speaker of ours that it dials, and what each of the two holds
/// of the other's.
final class ExabgpMeasurements {
    private static final Prefix TWICE = Prefix.parse("10.9.0.4/32");
    private static final Prefix TO_PEER = Prefix.parse("10.9.0.3/32");
    private static final Pattern NLRI = Pattern.compile("\"nlri\": \"(11\\.[0-9.]+/32)\"");

    private final Exabgp peer;
    private final Path folder;
    private final InteropMeasurements common;
    private final InteropColumn column;
    private final InteropStage stage;

    ExabgpMeasurements(Path folder) {
        this.folder = folder;
        peer = new Exabgp(folder.resolve("exabgp"), 0);
        common = new InteropMeasurements(peer);
        column = common.column;
        stage = common.stage;
    }

    String name() {
        return peer.name();
    }

    InteropColumn measured() throws Exception {
        if (peer.version().isEmpty()) {
            column.notInstalled();
            return column;
        }
        stage.addPath = true;
        stage.begin(peer, null);
        column.measure("session up", () -> {
            stage.waitFor("the session", () -> InteropStage.isUp(stage.atOne));
            return "";
        });
        stage.atTwo = stage.atOne;
        stage.speakers.removeLast().close();
        Speaker one = stage.speakers.getFirst();
        one.originate(List.of(
                new OriginatedRoute(TO_PEER, IpAddress.parse("10.0.0.11"), 100, InteropMeasurements.COMMUNITIES)));
        column.measure("IPv4", () -> {
            stage.waitFor("its route", () -> stage.atOne.routes.containsKey(InteropMeasurements.V4));
            stage.waitFor("our route at the peer", () -> InteropMeasurements.sees(peer, TO_PEER.toString()));
            return "";
        });
        column.measure("IPv6", () -> {
            stage.waitFor("its route", () -> stage.atOne.routes.containsKey(InteropMeasurements.V6));
            return "";
        });
        column.measure("large communities", () -> {
            assertThat(stage.path(InteropMeasurements.V4).largeCommunities())
                    .containsExactlyInAnyOrderElementsOf(InteropMeasurements.COMMUNITIES);
            assertThat(peer.heard()).containsPattern("4200000000\\s*,\\s*2\\s*,\\s*42");
            return "";
        });
        column.measure("capabilities", common::capabilities);
        column.measure("ADD-PATH", () -> {
            assertThat(stage.terms().wire().addPathReceived()).contains(AddressFamily.IPV4_UNICAST);
            stage.waitFor("both paths", () -> stage.atOne.nextHops(TWICE).size() == 2);
            return "";
        });
        column.measure(InteropColumn.EXTENDED_MESSAGES, common::extendedMessages);
        column.measure(InteropColumn.REFRESH_PEER, () -> {
            long before = stage.counters(0).updatesSent();
            peer.askForRefresh("10.0.0.11");
            stage.waitFor("our routes said again", () -> stage.counters(0).updatesSent() > before);
            return "";
        });
        column.measure(InteropColumn.REFRESH_US, () -> {
            long before = stage.counters(0).updatesReceived();
            one.reconfigure(stage.config("10.0.0.11", null, Policy.ACCEPT_ALL));
            stage.waitFor("its routes said again", () -> stage.counters(0).updatesReceived() > before);
            return "";
        });
        itRestarts();
        itOutlivesUs();
        column.measure("shutdown communication", () -> {
            stage.speakers.getFirst().shutdown(InteropMeasurements.FAREWELL);
            String octets = HexFormat.of()
                    .withUpperCase()
                    .formatHex(InteropMeasurements.FAREWELL.getBytes(StandardCharsets.UTF_8));
            stage.waitFor("the text at the peer", () -> InteropMeasurements.sees(peer, octets));
            Pattern refused = Pattern.compile("can not decode update message of type ..3");
            stage.waitFor(
                    "what it makes of it",
                    () -> refused.matcher(InteropMeasurements.view(peer)).find()
                            || InteropMeasurements.sees(peer, InteropMeasurements.FAREWELL));
            if (InteropMeasurements.sees(peer, InteropMeasurements.FAREWELL)) {
                return "";
            }
            column.note(
                    "shutdown communication",
                    "its helper is given our text only as octets (`packets`); its parser of RFC 9003's text raises "
                            + "TypeError (`b'…%s' % str` in Python 3), and it answers 1/0",
                    "can not decode update message of type 3");
            return "as octets";
        });
        stage.end(peer);
        stage.addPath = false;
        common.evpn();
        stage.begin(peer, "secret");
        column.measure("TCP MD5", () -> {
            stage.waitFor("the session", () -> InteropStage.isUp(stage.atOne));
            return "";
        });
        stage.end(peer);
        var full = new Exabgp(folder.resolve("exabgp-full"), InteropMeasurements.MANY);
        stage.begin(full, null);
        column.measure("100,000 routes both ways", () -> {
            stage.waitFor("the session", 60, () -> InteropStage.isUp(stage.atOne));
            long began = System.nanoTime();
            Set<Prefix> left = InteropMeasurements.originateMany(stage.speakers.getFirst(), 0x0b00_0000, "10.0.0.11");
            stage.waitFor("all of its routes", 240, () -> stage.atOne.routes.size() == InteropMeasurements.MANY + 3);
            stage.waitFor("all of ours", 240, () -> hosts(full).size() >= InteropMeasurements.MANY);
            assertThat(hosts(full)).isEqualTo(left);
            return "equal after " + Duration.ofNanos(System.nanoTime() - began).toSeconds() + " s";
        });
        stage.end(full);
        return column;
    }

    private void itRestarts() throws Exception {
        column.measure(InteropColumn.GR_PEER, () -> {
            stage.atOne.everLost.clear();
            peer.kill();
            stage.waitFor("the loss", () -> !InteropStage.isUp(stage.atOne));
            assertThat(stage.atOne.routes.keySet()).contains(InteropMeasurements.V4, InteropMeasurements.V6);
            peer.restart();
            stage.waitFor("the session", () -> InteropStage.isUp(stage.atOne));
            stage.waitFor(
                    "End-of-RIB",
                    () -> stage.speakers.getFirst().status().peers().getFirst().families().values().stream()
                            .allMatch(PeerStatus.Family::ended));
            assertThat(stage.atOne.everLost).isEmpty();
            return "";
        });
    }

    /// It holds no routes; its helper must not hear of a loss.
    private void itOutlivesUs() throws Exception {
        column.measure(InteropColumn.GR_US, () -> {
            stage.waitFor("our route at the peer", () -> InteropMeasurements.sees(peer, TO_PEER.toString()));
            int told = told();
            stage.speakers.removeFirst().close();
            stage.atOne = new Recorder();
            stage.atTwo = stage.atOne;
            Speaker back = stage.speaker("10.0.0.11", null, stage.atOne);
            stage.speakers.addFirst(back);
            back.originate(List.of(
                    new OriginatedRoute(TO_PEER, IpAddress.parse("10.0.0.11"), 100, InteropMeasurements.COMMUNITIES)));
            back.initialRoutesOriginated();
            stage.waitFor(
                    "its routes again",
                    () -> stage.atOne
                            .routes
                            .keySet()
                            .containsAll(Set.of(InteropMeasurements.V4, InteropMeasurements.V6)));
            stage.waitFor("our route again", () -> told() > told);
            assertThat(peer.heard()).doesNotContain("\"withdraw\"");
            return "";
        });
    }

    /// How often its helper was told of our route.
    private int told() {
        return InteropMeasurements.view(peer).split(Pattern.quote(TO_PEER.toString()), -1).length;
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
}
