package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.testkit.InNetns;

/// A reflector of ours between clients of ours (RFC 4456): two clients, an internal peer that is none, and scripted
/// ones.
@InNetns
class ReflectorTest {
    private static final int PORT = 1790;
    private static final String REFLECTOR = "10.0.0.1";
    private static final String ONE = "10.0.0.11";
    private static final String TWO = "10.0.0.12";
    private static final String OTHER = "10.0.0.13";
    private static final Prefix OF_ONE = Prefix.parse("10.9.0.1/32");
    private static final Prefix OF_OTHER = Prefix.parse("10.9.0.3/32");

    @RegisterExtension
    final Opened opened = new Opened(REFLECTOR, ONE, TWO, OTHER, "10.0.0.14");

    private final Recorder atOne = new Recorder();
    private final Recorder atTwo = new Recorder();
    private final Recorder atOther = new Recorder();

    @Test
    void whatAClientSaysGoesToAllAndWhatOthersSayToClients() throws Exception {
        reflector(List.of(peer(OTHER, false), peer("10.0.0.14", false)), clients());
        Speaker one = speaker(ONE, atOne);
        speaker(TWO, atTwo);
        Speaker other = speaker(OTHER, atOther);
        var fourth = new Recorder();
        speaker("10.0.0.14", fourth);
        one.originate(List.of(route(OF_ONE, ONE)));
        other.originate(List.of(route(OF_OTHER, OTHER)));
        atTwo.await("both", () -> atTwo.routes.keySet().equals(Set.of(OF_ONE, OF_OTHER)));
        atOne.await("the other's", () -> atOne.routes.keySet().equals(Set.of(OF_OTHER)));
        fourth.await("the client's", () -> fourth.routes.containsKey(OF_ONE));
        atOther.await("the client's", () -> atOther.routes.containsKey(OF_ONE));
        assertThat(fourth.routes).containsOnlyKeys(OF_ONE);

        PathAttributes path = Objects.requireNonNull(atTwo.routes.get(OF_ONE));
        assertThat(path.originatorId()).isEqualTo(identifier(ONE));
        assertThat(path.clusterList()).containsExactly(identifier(REFLECTOR).value());
        assertThat(path.nextHop()).isEqualTo(IpAddress.parse(ONE));

        one.withdraw(List.of(OF_ONE));
        atTwo.await("the withdrawal", () -> !atTwo.routes.containsKey(OF_ONE));
        fourth.await("the withdrawal", () -> fourth.routes.isEmpty());
    }

    @Test
    void theNextBestIsToldWhenTheBestGoes() throws Exception {
        reflector(List.of(), clients());
        Speaker one = speaker(ONE, atOne);
        Speaker two = speaker(TWO, atTwo);
        speaker(OTHER, atOther);
        one.originate(List.of(route(OF_ONE, ONE)));
        two.originate(List.of(route(OF_ONE, TWO)));
        atOther.await("one's", () -> via(atOther, ONE));
        atTwo.await("one's", () -> via(atTwo, ONE));
        one.withdraw(List.of(OF_ONE));
        atOther.await("two's", () -> via(atOther, TWO));
        atOne.await("two's", () -> via(atOne, TWO));
        atTwo.await("nothing: it is its own", () -> atTwo.routes.isEmpty());
    }

    /// RFC 7911: all paths to who takes them, and the one that goes back by its identifier.
    @Test
    void aPeerThatTakesMorePathsGetsAllButItsOwn() throws Exception {
        var all = PeerOptions.DEFAULT.session().withAddPathSend(Set.of(AddressFamily.IPV4_UNICAST));
        PeerConfig taker = peer(OTHER, true);
        reflector(List.of(taker.with(new PeerOptions(all, Map.of(), 0, null, null).ofClient())), clients());
        var scripted = new ScriptedPeer(OTHER, REFLECTOR, PORT);
        opened.add(scripted);
        scripted.establish(new Capability.AddPath(Map.of(AddressFamily.IPV4_UNICAST, Capability.AddPathMode.RECEIVE)));
        Speaker one = speaker(ONE, atOne);
        Speaker two = speaker(TWO, atTwo);
        one.originate(List.of(route(OF_ONE, ONE)));
        two.originate(List.of(route(OF_ONE, TWO)));
        var paths = new HashMap<Integer, IpAddress>();
        while (paths.size() < 2) {
            scripted.nextPaths(paths);
        }
        assertThat(paths.values()).containsExactlyInAnyOrder(IpAddress.parse(ONE), IpAddress.parse(TWO));
        one.withdraw(List.of(OF_ONE));
        while (paths.size() > 1) {
            scripted.nextPaths(paths);
        }
        assertThat(paths.values()).containsExactly(IpAddress.parse(TWO));
        atOne.await("two's", () -> via(atOne, TWO));
    }

    @Test
    void aRouteThatWentRoundIsNotTaken() throws Exception {
        Speaker reflector = reflector(List.of(), clients());
        PathAttributes round = PathAttributes.builder()
                .nextHop(IpAddress.parse("10.0.0.50"))
                .localPref(100)
                .originatorId(identifier("10.0.0.99"))
                .clusterList(List.of(identifier(REFLECTOR).value()))
                .build();
        speaker(TWO, atTwo);
        var scripted = new ScriptedPeer(ONE, REFLECTOR, PORT);
        opened.add(scripted);
        scripted.establish().announce(round, OF_ONE);
        PathAttributes straight = round.toBuilder().clusterList(List.of(7)).build();
        scripted.announce(straight, OF_OTHER);
        atTwo.await("the other", () -> atTwo.routes.containsKey(OF_OTHER));
        assertThat(atTwo.routes).containsOnlyKeys(OF_OTHER);
        assertThat(Objects.requireNonNull(atTwo.routes.get(OF_OTHER)).clusterList())
                .containsExactly(identifier(REFLECTOR).value(), 7);
        assertThat(reflector.status().peers().getFirst().counters().rejectedPaths())
                .isEqualTo(1);
    }

    /// The slow one reads nothing at all; the others get everything meanwhile, and it gets what counts in the end.
    @Test
    void aClientThatDoesNotReadDelaysNobody() throws Exception {
        reflector(List.of(), clients());
        var slow = new ScriptedPeer("10.0.0.14", REFLECTOR, PORT);
        opened.add(slow);
        slow.establish();
        Speaker one = speaker(ONE, atOne);
        speaker(TWO, atTwo);
        var wanted = new HashSet<Prefix>();
        var routes = new ArrayList<OriginatedRoute>();
        IntStream.range(0, 10_000).forEach(host -> {
            Prefix prefix = new Ipv4Address(0x0b00_0000 + host).hostPrefix();
            wanted.add(prefix);
            routes.add(new OriginatedRoute(prefix, IpAddress.parse(ONE), 100 + host % 1_000, List.of()));
        });
        one.originate(routes);
        atTwo.await("all", () -> atTwo.routes.size() == wanted.size());
        one.withdraw(wanted);
        atTwo.await("none", () -> atTwo.routes.isEmpty());
        one.originate(List.of(route(OF_ONE, ONE)));
        atTwo.await("the last one", () -> atTwo.routes.containsKey(OF_ONE));
        var heard = new HashSet<Prefix>();
        while (!heard.contains(OF_ONE)) {
            heard.addAll(slow.nextAnnounced());
        }
    }

    private static boolean via(Recorder recorder, String nextHop) {
        PathAttributes path = recorder.routes.get(OF_ONE);
        return path != null && IpAddress.parse(nextHop).equals(path.nextHop());
    }

    private static PeerRange clients() {
        return new PeerRange(Prefix.parse("10.0.0.0/28"), peer("10.0.0.0", true), 100);
    }

    private static PeerConfig peer(String address, boolean client) {
        var options = client ? PeerOptions.DEFAULT.ofClient() : PeerOptions.DEFAULT;
        return new PeerConfig(
                IpAddress.parse(address),
                PORT,
                null,
                ScriptedPeer.AS,
                ScriptedPeer.FAMILIES,
                null,
                180,
                60,
                true,
                options);
    }

    private Speaker reflector(List<PeerConfig> peers, PeerRange range) throws IOException {
        var config = new SpeakerConfig(
                ScriptedPeer.AS,
                identifier(REFLECTOR),
                List.of(IpAddress.parse(REFLECTOR)),
                PORT,
                peers,
                false,
                Duration.ofSeconds(1),
                List.of(range),
                identifier(REFLECTOR));
        return started(new Speaker(config, new Recorder()));
    }

    private Speaker speaker(String address, Recorder recorder) throws IOException {
        IpAddress own = IpAddress.parse(address);
        var toReflector = new PeerConfig(
                IpAddress.parse(REFLECTOR), PORT, own, ScriptedPeer.AS, ScriptedPeer.FAMILIES, null, 180, 60, false);
        return started(new Speaker(
                new SpeakerConfig(
                        ScriptedPeer.AS,
                        identifier(address),
                        List.of(),
                        PORT,
                        List.of(toReflector),
                        false,
                        Duration.ofSeconds(2)),
                recorder));
    }

    private Speaker started(Speaker speaker) throws IOException {
        opened.add(speaker);
        speaker.start();
        speaker.initialRoutesOriginated();
        return speaker;
    }

    private static OriginatedRoute route(Prefix prefix, String nextHop) {
        return new OriginatedRoute(prefix, IpAddress.parse(nextHop), 100, List.of());
    }

    private static BgpIdentifier identifier(String address) {
        return new BgpIdentifier(Ipv4Address.parse(address).value());
    }
}
