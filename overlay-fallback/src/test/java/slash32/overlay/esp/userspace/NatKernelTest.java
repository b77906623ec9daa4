package slash32.overlay.esp.userspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.End;
import slash32.overlay.esp.path.EspNode;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.Nat;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.ike.exchange.Path;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.NamedNetns;

/// Two ends, one of them behind a NAT that forgets it.
@InNetns
class NatKernelTest {
    private static final String PREFIX = "s32nat" + ProcessHandle.current().pid();
    private static final int LIMIT_SECONDS = 60;
    private static final int MTU = 1_400;

    private @Nullable End near;
    private @Nullable End natted;

    @BeforeEach
    void ends() throws Exception {
        near = new End(PREFIX + "a", "10.1.0.1", "192.0.2.1");
        natted = new End(PREFIX + "b", "10.2.0.1", "192.0.2.2");
        for (End end : List.of(near(), natted())) {
            Command.run("ip", "netns", "add", end.netns);
        }
        Command.run(
                "ip",
                "-n",
                near().netns,
                "link",
                "add",
                "ext",
                "type",
                "veth",
                "peer",
                "name",
                "ext",
                "netns",
                natted().netns);
        for (End end : List.of(near(), natted())) {
            in(end, "ip link set lo up");
            in(end, "ip addr add " + end.external + "/24 dev ext");
            in(end, "ip addr add " + end.underlay + "/32 dev lo");
            in(end, "ip link set ext up");
        }
        Nat.translate(natted().netns, 40_000);
        attach(near(), natted());
        attach(natted(), near());
    }

    private static void attach(End end, End other) throws Exception {
        end.start(userspace(end));
        end.attach(other);
        in(
                end,
                "ip route add " + other.underlay + "/32 via " + other.underlay + " dev mesh0 onlink src "
                        + end.underlay);
    }

    private static EspNode.Opener userspace(End end) {
        return listener -> UserspacePath.open(
                MeshDevice.open(new InterfaceName("mesh0"), end.underlay, MTU),
                BatchUdpSocket.bind(end.external, Path.NAT_PORT),
                Lifetime.DEFAULT,
                listener);
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (End end : List.of(near(), natted())) {
            end.stop();
            Command.run("ip", "netns", "del", end.netns);
        }
    }

    private End near() {
        return Objects.requireNonNull(near);
    }

    private End natted() {
        return Objects.requireNonNull(natted);
    }

    private static void in(End end, String command) {
        var words = new ArrayList<>(List.of("ip", "netns", "exec", end.netns));
        words.addAll(List.of(command.split(" ", -1)));
        Command.run(words.toArray(String[]::new));
    }

    private boolean pings() {
        return Command.tryRun(
                        "ip", "netns", "exec", natted().netns, "ping", "-qnc", "2", "-i", "0.2", "-W", "2", "10.1.0.1")
                .output()
                .contains("2 received");
    }

    private int portOfPeer() {
        return near().path().sas().stream()
                .filter(SaStatus::used)
                .map(sa -> sa.child().path().remotePort())
                .findFirst()
                .orElse(0);
    }

    @Test
    void aPeerThatItsNatForgotIsFoundByItsNextPacket() throws Exception {
        eventually("it is reached behind its NAT", this::pings);
        assertThat(portOfPeer()).isEqualTo(40_000);
        Nat.translate(natted().netns, 41_000);
        eventually("it is reached after the NAT forgot it", this::pings);
        eventually("the SA in use leads to the new port", () -> portOfPeer() == 41_000);
        eventually(
                "one SA at both ends",
                () -> near().path().sas().size() == 1 && natted().path().sas().size() == 1);

        int spi = near().path().sas().getFirst().child().inboundSpi();
        byte[] forged = ByteBuffer.allocate(60).putInt(spi).putInt(1_000).array();
        NamedNetns.call(natted().netns, () -> {
            try (var socket = new DatagramSocket(new InetSocketAddress("192.0.2.2", 50_000))) {
                var to = InetAddress.getByName("192.0.2.1");
                socket.send(new DatagramPacket(forged, forged.length, to, Path.NAT_PORT));
            }
            return true;
        });
        eventually("it is refused", () -> Objects.equals(near().path().drops().get(Drop.NOT_AUTHENTIC), 1L));
        assertThat(pings()).isTrue();
        assertThat(near().path().sas().getFirst().child().inboundSpi()).isEqualTo(spi);
        assertThat(portOfPeer()).isEqualTo(41_000);
    }

    private void eventually(String what, BooleanSupplier holds) {
        long end = System.nanoTime() + Duration.ofSeconds(LIMIT_SECONDS).toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(what + " not within " + LIMIT_SECONDS + " s; near "
                        + near().path().sas() + near().path().drops() + ", natted "
                        + natted().path().sas() + natted().path().drops());
            }
            LockSupport.parkNanos(20_000_000);
        }
    }
}
