package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.testkit.Bird;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Programs;
import slash32.testkit.Requirement;

/// Two of our speakers and a real reflector between them, each on an address of its own in one namespace.
@InNetns
@Tag("interop")
class ReflectorInteropTest {
    private static final Asn AS = new Asn(65000);
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);
    private static final Prefix V4 = Prefix.parse("10.9.0.1/32");
    private static final Prefix V6 = Prefix.parse("2001:db8:9::1/128");

    @TempDir
    Path folder;

    @RegisterExtension
    final Programs programs = new Programs();

    private final List<Speaker> speakers = new ArrayList<>();

    @BeforeEach
    void addresses() {
        for (String address : List.of("10.0.0.1", "10.0.0.11", "10.0.0.12")) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo", "nodad");
        }
        for (String address : List.of("2001:db8::11", "2001:db8::12")) {
            Command.run("ip", "addr", "add", address + "/128", "dev", "lo", "nodad");
        }
    }

    @AfterEach
    void stop() {
        speakers.forEach(Speaker::close);
    }

    @Test
    void routesOfBothFamiliesPassThroughBird() throws Exception {
        startBird("passive on;");
        routesPassBothWays(null);
    }

    @Test
    void aSessionWithBirdIsSignedWithMd5() throws Exception {
        startBird("passive on; password \"secret\";");
        routesPassBothWays(Bytes.copyOf("secret".getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
    }

    @Test
    void aHundredThousandRoutesOfBirdsAreHeldAsItHasThem() throws Exception {
        var wanted = new HashMap<Prefix, LargeCommunity>();
        var config = new StringBuilder("protocol static hosts {\nipv4;\n");
        for (int host = 0; host < 100_000; host++) {
            Prefix prefix = new Ipv4Address(0x0b00_0000 + host).hostPrefix();
            int group = 1 + host % 100;
            wanted.put(prefix, new LargeCommunity(65000, 2, group));
            config.append(
                    "route %s blackhole { bgp_large_community.add((65000, 2, %d)); };\n".formatted(prefix, group));
        }
        startBird("passive on;", config + "}\n");
        var heard = new Recorder();
        speaker("10.0.0.11", null, heard);
        heard.await("in sync", () -> heard.inSync.contains(AddressFamily.IPV4_UNICAST));
        assertThat(heard.routes.keySet()).isEqualTo(wanted.keySet());
        heard.routes.forEach((prefix, path) -> {
            assertThat(path.largeCommunities()).containsExactly(Objects.requireNonNull(wanted.get(prefix)));
            assertThat(path.nextHop()).isEqualTo(IpAddress.parse("10.0.0.1"));
        });
    }

    @Test
    void sessionsSettleWhenBothEndsDial() throws Exception {
        startBird("connect delay time 1;");
        routesPassBothWays(null);
        for (Speaker speaker : speakers) {
            assertThat(speaker.status().peers().getFirst().counters().flaps()).isZero();
        }
    }

    @Test
    void routesOfBothFamiliesPassThroughGobgp() throws Exception {
        startGobgp();
        routesPassBothWays(null);
    }

    @Test
    void routesAreKeptWhileAPeerThatRestartsIsAway() throws Exception {
        startBird("passive on;");
        var heard = new Recorder();
        Speaker one = speaker("10.0.0.11", null, new Recorder());
        Speaker two = speaker("10.0.0.12", null, heard);
        one.originate(routes("10.0.0.11", "2001:db8::11"));
        heard.await("routes", () -> heard.routes.keySet().containsAll(Set.of(V4, V6)));
        one.close(); // as kill -9 would: no NOTIFICATION
        speakers.remove(one);
        var again = new Recorder();
        Speaker back = speaker("10.0.0.11", null, again);
        again.await("the session", () -> again.state("10.0.0.1") == SessionState.ESTABLISHED);
        back.originate(routes("10.0.0.11", "2001:db8::11"));
        back.initialRoutesOriginated();
        again.await("advertised", () -> again.advertised.containsAll(Set.of(V4, V6)));
        assertThat(heard.routes).containsKeys(V4, V6);
        assertThat(heard.everLost).isEmpty();
        back.withdraw(List.of(V4));
        heard.await("the withdrawal", () -> !heard.routes.containsKey(V4));
        assertThat(heard.routes).containsKey(V6);
        assertThat(two.status().peers().getFirst().counters().flaps()).isZero();
    }

    @Test
    void aPeerThatIsKilledAndComesBackIsTakenUpAgain() throws Exception {
        Bird bird = startBird("passive on;");
        var heard = new Recorder();
        Speaker one = speaker("10.0.0.11", null, new Recorder());
        speaker("10.0.0.12", null, heard);
        one.originate(routes("10.0.0.11", "2001:db8::11"));
        heard.await("routes", () -> heard.routes.containsKey(V4));
        bird.kill();
        heard.await("the loss", () -> heard.state("10.0.0.1") != SessionState.ESTABLISHED);
        startBird("passive on;");
        heard.await("the return", () -> heard.state("10.0.0.1") == SessionState.ESTABLISHED);
        heard.await("routes again", () -> heard.routes.containsKey(V4));
    }

    @Test
    void octetsOfAStrangerOrOfAMadPeerStopNobodyElse() throws Exception {
        startBird("passive on;");
        var heard = new Recorder();
        Speaker one = speaker("10.0.0.11", null, new Recorder());
        speaker("10.0.0.12", null, heard);
        for (String from : List.of("127.0.0.1", "10.0.0.1")) { // no peer at all; the peer's own address
            try (var socket = new Socket()) {
                socket.bind(new java.net.InetSocketAddress(from, 0));
                socket.connect(new java.net.InetSocketAddress("10.0.0.11", 1790));
                socket.getOutputStream().write(new byte[100]);
                byte[] answer = socket.getInputStream().readAllBytes();
                if (from.equals("10.0.0.1")) {
                    int notification = answer.length - 21; // behind the OPEN
                    assertThat(answer[notification + 18]).isEqualTo((byte) 3);
                    assertThat(answer[notification + 19]).isEqualTo((byte) 1); // message header error
                    assertThat(answer[notification + 20]).isEqualTo((byte) 1); // not synchronized
                }
            } catch (IOException e) {
                assertThat(from).isEqualTo("127.0.0.1"); // reset at once
            }
        }
        one.originate(routes("10.0.0.11", "2001:db8::11"));
        heard.await("routes", () -> heard.routes.containsKey(V4));
    }

    private void routesPassBothWays(@Nullable Bytes password) throws Exception {
        var atOne = new Recorder();
        var atTwo = new Recorder();
        Speaker one = speaker("10.0.0.11", password, atOne);
        Speaker two = speaker("10.0.0.12", password, atTwo);
        one.originate(routes("10.0.0.11", "2001:db8::11"));
        two.originate(List.of(
                new OriginatedRoute(Prefix.parse("10.9.0.2/32"), IpAddress.parse("10.0.0.12"), 200, List.of())));
        atTwo.await("routes", () -> atTwo.routes.keySet().containsAll(Set.of(V4, V6)));
        atOne.await("routes", () -> atOne.routes.containsKey(Prefix.parse("10.9.0.2/32")));
        atOne.await("advertised", () -> atOne.advertised.containsAll(Set.of(V4, V6)));
        atTwo.await("in sync", () -> atTwo.inSync.containsAll(FAMILIES));
        PathAttributes route = Objects.requireNonNull(atTwo.routes.get(V4));
        assertThat(route.largeCommunities())
                .containsExactlyInAnyOrder(new LargeCommunity(65000, 1, 1), new LargeCommunity(65000, 2, 42));
        assertThat(route.nextHop()).isEqualTo(IpAddress.parse("10.0.0.11"));
        assertThat(Objects.requireNonNull(atTwo.routes.get(V6)).nextHop()).isEqualTo(IpAddress.parse("2001:db8::11"));
        assertThat(Objects.requireNonNull(atOne.routes.get(Prefix.parse("10.9.0.2/32")))
                        .localPref())
                .isEqualTo(200);
        one.withdraw(List.of(V4, V6));
        atTwo.await("the withdrawal", () -> !atTwo.routes.containsKey(V4) && !atTwo.routes.containsKey(V6));
    }

    private static List<OriginatedRoute> routes(String nextHop, String nextHop6) {
        var communities = List.of(new LargeCommunity(65000, 1, 1), new LargeCommunity(65000, 2, 42));
        return List.of(
                new OriginatedRoute(V4, IpAddress.parse(nextHop), 100, communities),
                new OriginatedRoute(V6, IpAddress.parse(nextHop6), 100, communities));
    }

    private Speaker speaker(String address, @Nullable Bytes password, Recorder recorder) throws IOException {
        IpAddress own = IpAddress.parse(address);
        var peer = new PeerConfig(IpAddress.parse("10.0.0.1"), 179, own, AS, FAMILIES, password, 9, 60, false);
        var speaker = new Speaker(
                new SpeakerConfig(
                        AS,
                        new BgpIdentifier(((Ipv4Address) own).value()),
                        List.of(own),
                        1790,
                        List.of(peer),
                        false,
                        Duration.ofSeconds(5)),
                recorder);
        speakers.add(speaker);
        speaker.start();
        return speaker;
    }

    private Bird startBird(String option) throws IOException {
        return startBird(option, "");
    }

    private Bird startBird(String option, String more) throws IOException {
        var config = new StringBuilder("router id 10.0.0.1;\nprotocol device {}\n" + more);
        for (String peer : List.of("11", "12")) {
            config.append("""
                    protocol bgp p%s {
                      local 10.0.0.1 as 65000; neighbor 10.0.0.%s port 1790 as 65000; rr client; %s
                      hold time 9; graceful restart on;
                      ipv4 { import all; export all; }; ipv6 { import all; export all; };
                    }
                    """.formatted(peer, peer, option));
        }
        return Bird.start(programs, folder, "bird", config.toString());
    }

    private void startGobgp() throws IOException {
        Requirement.program("gobgpd", "gobgpd");
        var config = new StringBuilder("""
                [global.config]
                as = 65000
                router-id = "10.0.0.1"
                port = 179
                local-address-list = ["10.0.0.1"]
                """);
        for (String peer : List.of("11", "12")) {
            config.append("""
                    [[neighbors]]
                      [neighbors.config]
                        neighbor-address = "10.0.0.%s"
                        peer-as = 65000
                      [neighbors.transport.config]
                        passive-mode = true
                        local-address = "10.0.0.1"
                      [neighbors.route-reflector.config]
                        route-reflector-client = true
                        route-reflector-cluster-id = "10.0.0.1"
                      [neighbors.graceful-restart.config]
                        enabled = true
                        restart-time = 60
                      [[neighbors.afi-safis]]
                        [neighbors.afi-safis.config]
                          afi-safi-name = "ipv4-unicast"
                        [neighbors.afi-safis.mp-graceful-restart.config]
                          enabled = true
                      [[neighbors.afi-safis]]
                        [neighbors.afi-safis.config]
                          afi-safi-name = "ipv6-unicast"
                        [neighbors.afi-safis.mp-graceful-restart.config]
                          enabled = true
                    """.formatted(peer));
        }
        Path file = Files.writeString(folder.resolve("gobgp.toml"), config);
        programs.start("gobgpd", "-f", file.toString(), "--api-hosts", "127.0.0.1:50051");
    }
}
