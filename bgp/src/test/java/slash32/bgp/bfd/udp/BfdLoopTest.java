package slash32.bgp.bfd.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.bgp.bfd.BfdState;
import slash32.bgp.bfd.BfdTerms;
import slash32.bgp.bfd.Discard;
import slash32.net.IpAddress;
import slash32.netlink.udp.UdpSocket;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Two loops on two addresses of one namespace. What other implementations make of it is in {@link
/// BfdInteropTest}.
@InNetns
class BfdLoopTest {
    private static final IpAddress ONE = IpAddress.parse("10.0.0.1");
    private static final IpAddress TWO = IpAddress.parse("10.0.0.2");
    /// Patient enough for a busy machine: a second.
    private static final BfdTerms FAST = new BfdTerms(Duration.ofMillis(50), 20);

    private final List<RunningBfd> running = new ArrayList<>();

    @BeforeEach
    void addresses() {
        Command.run("ip", "addr", "add", "10.0.0.1/32", "dev", "lo");
        Command.run("ip", "addr", "add", "10.0.0.2/32", "dev", "lo");
        Command.run("ip", "addr", "add", "2001:db8::1/128", "dev", "lo", "nodad");
        Command.run("ip", "addr", "add", "2001:db8::2/128", "dev", "lo", "nodad");
    }

    @AfterEach
    void closeAll() {
        for (RunningBfd each : running) {
            each.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.0.0.2, false",
        "10.0.0.1, 10.0.0.2, true",
        "2001:db8::1, 2001:db8::2, false",
        "2001:db8::1, 2001:db8::2, true"
    })
    void bothComeUpAndOneThatLeavesIsNotLost(IpAddress one, IpAddress two, boolean multihop) throws Exception {
        RunningBfd left = start(peer(one, two, FAST, multihop));
        RunningBfd right = start(peer(two, one, FAST, multihop));
        left.await(
                "up",
                () -> left.state() == BfdState.UP && left.only().detectionTime().toMillis() == 1_000);
        right.await("up", () -> right.state() == BfdState.UP);
        assertThat(left.only().interval()).isEqualTo(Duration.ofMillis(50));
        right.close();
        left.await("down", () -> left.state() == BfdState.DOWN);
        assertThat(left.only().reason()).isEqualTo("neighbor signaled session down");
        assertThat(left.only().remoteState()).isEqualTo(BfdState.ADMIN_DOWN);
        assertThat(left.lost).isEmpty();
    }

    @Test
    void silenceIsALoss() throws Exception {
        RunningBfd left = start(peer(ONE, TWO, FAST, false));
        RunningBfd right = start(peer(TWO, ONE, FAST, false));
        left.await(
                "up",
                () -> left.state() == BfdState.UP && left.only().detectionTime().toMillis() == 1_000);
        Command.run("ip", "link", "set", "lo", "down");
        left.await(
                "the loss", () -> left.lost.contains("10.0.0.2 BFD: control detection time expired, perhaps restarts"));
        right.await("the loss", () -> !right.lost.isEmpty());
        assertThat(left.only().counters().lost()).isEqualTo(1);
        Command.run("ip", "link", "set", "lo", "up");
        left.await("up again", () -> left.state() == BfdState.UP);
    }

    @Test
    void newTermsLeaveASessionUp() throws Exception {
        RunningBfd left = start(peer(ONE, TWO, FAST, false));
        RunningBfd right = start(peer(TWO, ONE, FAST, false));
        left.await(
                "up",
                () -> left.state() == BfdState.UP && left.only().detectionTime().toMillis() == 1_000);
        left.loop.configure(List.of(peer(ONE, TWO, new BfdTerms(Duration.ofMillis(100), 30), false)));
        right.await("slower", () -> right.only().detectionTime().equals(Duration.ofSeconds(3)));
        left.await("slower", () -> left.only().detectionTime().equals(Duration.ofSeconds(2)));
        left.await("slower", () -> left.only().interval().equals(Duration.ofMillis(100)));
        assertThat(left.lost).isEmpty();
        assertThat(right.lost).isEmpty();
    }

    @Test
    void aSessionThatIsRemovedIsNotLostAndComesBack() throws Exception {
        RunningBfd left = start(peer(ONE, TWO, FAST, false));
        RunningBfd right = start(peer(TWO, ONE, FAST, false));
        right.await("up", () -> right.state() == BfdState.UP);
        left.loop.configure(List.of());
        right.await("down", () -> right.state() == BfdState.DOWN);
        assertThat(left.loop.status()).isEmpty();
        left.loop.configure(List.of(peer(ONE, TWO, FAST, false)));
        right.await("up again", () -> right.state() == BfdState.UP);
        assertThat(right.lost).isEmpty();
    }

    @Test
    void aPortThatIsTakenIsNoEnd() throws Exception {
        RunningBfd left;
        try (UdpSocket _ = UdpSocket.bind(ONE, 3784, 0)) {
            left = start(peer(ONE, TWO, FAST, false));
            left.await("the reason", () -> left.loop.status().size() == 1);
            assertThat(left.only().reason()).contains("EADDRINUSE");
        }
        RunningBfd right = start(peer(TWO, ONE, FAST, false));
        right.await("up, at the next attempt", () -> right.state() == BfdState.UP);
    }

    @Test
    void strangersAndNoiseAreCountedAndNothingElse() throws Exception {
        RunningBfd left = start(peer(ONE, TWO, FAST, false));
        RunningBfd right = start(peer(TWO, ONE, FAST, false));
        left.await("up", () -> left.state() == BfdState.UP);
        Command.run("ip", "addr", "add", "10.0.0.3/32", "dev", "lo");
        try (UdpSocket stranger = UdpSocket.bind(IpAddress.parse("10.0.0.3"), 49_000, 0)) {
            stranger.sendWith(255, 0);
            stranger.destination(ONE, 3784);
            stranger.send(10); // zeroes
            left.await("noise", () -> left.loop.discarded(Discard.MALFORMED) == 1);
            stranger.toSend().putInt(0, 0x2040_0318).putInt(4, 1).putInt(8, 0); // Down, from nobody we know
            stranger.send(24);
            left.await("a stranger", () -> left.loop.discarded(Discard.UNKNOWN_SESSION) == 1);
            stranger.toSend().putInt(8, 0x7777_0000); // a discriminator that isn't ours
            stranger.send(24);
            left.await("a guess", () -> left.loop.discarded(Discard.UNKNOWN_SESSION) == 2);
            stranger.sendWith(254, 0);
            stranger.send(24);
            stranger.sendWith(255, 0);
            stranger.toSend().putInt(0, 0x2044_031a);
            stranger.send(26);
            left.await("authenticated", () -> left.loop.discarded(Discard.AUTHENTICATED) == 1);
            assertThat(left.loop.discarded(Discard.UNKNOWN_SESSION))
                    .as("from further away")
                    .isEqualTo(2);
        }
        assertThat(left.state()).isEqualTo(BfdState.UP);
        assertThat(right.lost).isEmpty();
    }

    static BfdPeer peer(IpAddress local, IpAddress address, BfdTerms terms, boolean multihop) {
        return new BfdPeer(address, local, terms, multihop, true);
    }

    private RunningBfd start(BfdPeer peer) throws IOException {
        var bfd = new RunningBfd(peer);
        running.add(bfd);
        return bfd;
    }
}
