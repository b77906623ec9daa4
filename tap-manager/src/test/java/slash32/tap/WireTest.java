package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.tun.Tap;
import slash32.tap.TapOrigin.Created;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.GuestSettings;
import slash32.tap.gateway.Refusal;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;

/// The guest's wire, frame by frame: what host and gateway together answer, and what they don't.
@InNetns
class WireTest {
    private static final InterfaceName TAP = new InterfaceName("tap0");
    private static final MacAddress GUEST = MacAddress.parse("02:00:00:00:00:05");
    private static final Set<IpAddress> ADDRESSES = Set.of(IpAddress.parse("10.1.0.5"));

    private TapRig rig;
    private GatewayLoop gateway;
    private Tap wire;
    private Thread reader;
    private final LinkedBlockingQueue<byte[]> received = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() throws IOException {
        rig = new TapRig();
        rig.hostSettings();
        Command.run("ip", "addr", "add", "10.0.0.11/32", "dev", "lo");
        Command.run("ip", "route", "add", "default", "dev", "lo"); // so that proxy ARP, if it were on, would answer
        rig.put(TAP, TapSpec.of("vm1/nic0", Created.PLAIN, 1450), GUEST, ADDRESSES);
        rig.settleOnce();
        wire = Tap.open(TAP, Tap.Mode.PLAIN);
        Guest.awaitCarrier(TAP);
        gateway = GatewayLoop.open(_ -> {});
        gateway.serve(rig.index(TAP), GatewayTerms.of(GUEST, ADDRESSES, 1450, GuestSettings.DEFAULT));
        Thread.ofPlatform().daemon().name("gateway-arp").start(this::runArp);
        reader = reader(wire, received);
    }

    private static Thread reader(Tap tap, Queue<byte[]> received) {
        return Thread.ofPlatform().daemon().name("wire-" + tap.name()).start(() -> read(tap, received));
    }

    private static void read(Tap tap, Queue<byte[]> received) {
        var frame = ByteBuffer.allocateDirect(2000);
        try {
            while (true) {
                byte[] bytes = new byte[tap.read(frame)];
                frame.get(0, bytes);
                received.add(bytes);
            }
        } catch (IOException e) {
            // the TAP is gone
        }
    }

    /// The next ARP packet that the guest gets.
    private byte[] nextArp() throws InterruptedException {
        while (true) {
            byte[] frame = received.poll(10, TimeUnit.SECONDS);
            if (frame == null) {
                throw new AssertionError("no answer");
            }
            if (frame.length >= 42 && frame[12] == 0x08 && frame[13] == 0x06) {
                return frame;
            }
        }
    }

    private void runArp() {
        try {
            gateway.runArp();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        gateway.close();
        Command.run("ip", "link", "del", "tap0"); // which ends the read
        join(reader);
        wire.close();
        rig.close();
    }

    private static String arp(String sender, String senderMac, String operation, String target) {
        return "ffffffffffff" + "020000000005" + "0806" + "000108000604" + operation + senderMac.replace(":", "")
                + hex(sender) + "000000000000" + hex(target);
    }

    private static String question(String target) {
        return arp("10.1.0.5", "02:00:00:00:00:05", "0001", target);
    }

    private static String hex(String address) {
        return HexFormat.of().formatHex(IpAddress.parse(address).toArray());
    }

    private void send(String frame) throws IOException {
        send(wire, frame);
    }

    private static void send(Tap tap, String frame) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(frame);
        tap.write(ByteBuffer.allocateDirect(bytes.length).put(0, bytes), bytes.length);
    }

    /// Sends {@code frames}, then a question that is surely answered, and gives back what was said by ARP until then:
    /// each as "ADDRESS is-at MAC".
    private List<String> answersTo(String... frames) throws IOException, InterruptedException {
        for (String frame : frames) {
            send(frame);
        }
        send(question("10.1.0.250"));
        var answers = new ArrayList<String>();
        while (answers.isEmpty() || !answers.getLast().startsWith("10.1.0.250 ")) {
            byte[] arp = nextArp();
            assertThat(MacAddress.of(arp, 0)).isEqualTo(GUEST);
            assertThat(arp[21]).isEqualTo((byte) 2);
            answers.add(IpAddress.of(Arrays.copyOfRange(arp, 28, 32)) + " is-at " + MacAddress.of(arp, 22));
        }
        answers.removeLast();
        return answers;
    }

    @Test
    void everyOtherAddressIsAtTheGatewayAndAnsweredOnce() throws Exception {
        String at = " is-at fe:53:32:00:00:01";
        assertThat(answersTo(
                        question("10.1.0.1"),
                        question("10.1.0.9"),
                        question("10.0.0.11"),
                        question("169.254.1.1"),
                        question("169.254.169.254"),
                        question("8.8.8.8")))
                .containsExactlyInAnyOrder(
                        "10.1.0.1" + at,
                        "10.1.0.9" + at,
                        "10.0.0.11" + at,
                        "169.254.1.1" + at,
                        "169.254.169.254" + at,
                        "8.8.8.8" + at);
    }

    @Test
    void theGuestsOwnAddressIsNeverAnswered() throws Exception {
        assertThat(answersTo(
                        question("10.1.0.5"),
                        arp("0.0.0.0", "02:00:00:00:00:05", "0001", "10.1.0.5"),
                        arp("0.0.0.0", "02:00:00:00:00:05", "0001", "10.1.0.9"),
                        arp("10.1.0.5", "02:00:00:00:00:05", "0001", "10.1.0.5"),
                        arp("10.1.0.5", "02:00:00:00:00:05", "0002", "10.1.0.5"),
                        question("255.255.255.255"),
                        question("224.0.0.1"),
                        question("0.0.0.0")))
                .isEmpty();
        assertThat(gateway.counts().refusals()).containsEntry(Refusal.PROBE, 2L).containsEntry(Refusal.NOT_A_HOST, 3L);
    }

    @Test
    void theGuestsOwnAddressIsNotAnsweredEvenWhereItsRouteLeadsElsewhere() throws Exception {
        rig.hostRoutes.remove(IpAddress.parse("10.1.0.5").hostPrefix());
        rig.settleOnce();
        assertThat(answersTo(question("10.1.0.5"))).isEmpty();
    }

    @Test
    void falseClaimsChangeNothingOnTheHost() throws Exception {
        String before = Command.run("ip", "neigh", "show", "nud", "permanent") + Command.run("ip", "route");
        assertThat(answersTo(
                        // the guest's address at another MAC, by reply and by request
                        arp("10.1.0.5", "02:00:00:00:00:66", "0002", "10.1.0.5"),
                        arp("10.1.0.5", "02:00:00:00:00:66", "0001", "10.1.0.9"),
                        // the gateway's and the node's at the guest
                        arp("169.254.1.1", "02:00:00:00:00:05", "0002", "169.254.1.1"),
                        arp("10.0.0.11", "02:00:00:00:00:05", "0001", "10.1.0.9"),
                        // another guest's at the guest
                        arp("10.1.0.9", "02:00:00:00:00:05", "0002", "10.1.0.9"),
                        arp("10.1.0.9", "02:00:00:00:00:05", "0001", "10.1.0.8")))
                .isEmpty();
        assertThat(Command.run("ip", "neigh", "show", "nud", "permanent") + Command.run("ip", "route"))
                .isEqualTo(before);
        assertThat(gateway.counts().refusals())
                .containsEntry(Refusal.FOREIGN_MAC, 2L)
                .containsEntry(Refusal.FOREIGN_ADDRESS, 4L);
    }

    @Test
    void aGuestThatFloodsIsHeardNoMoreAndItsNeighborIs() throws Exception {
        var neighbor = new InterfaceName("tap1");
        MacAddress mac = MacAddress.parse("02:00:00:00:00:06");
        Set<IpAddress> addresses = Set.of(IpAddress.parse("10.1.0.6"));
        rig.put(neighbor, TapSpec.of("vm2/nic0", Created.PLAIN, 1450), mac, addresses);
        rig.settleOnce();
        var answers = new LinkedBlockingQueue<byte[]>();
        var flood = new Flood(question("10.1.0.9"));
        Thread flooding = Thread.ofPlatform().daemon().name("flood").start(flood);
        try (Tap other = Tap.open(neighbor, Tap.Mode.PLAIN)) {
            Guest.awaitCarrier(neighbor);
            Thread otherReader = reader(other, answers);
            gateway.serve(rig.index(neighbor), GatewayTerms.of(mac, addresses, 1450, GuestSettings.DEFAULT));
            Eventually.holds(
                    "the flood to be noticed",
                    () -> gateway.counts().floods() > 0,
                    () -> gateway.counts().toString());
            for (int i = 1; i <= 50; i++) {
                String target = "10.1.1." + i;
                String asked = question(target)
                        .replace("020000000005", "020000000006")
                        .replace(hex("10.1.0.5"), hex("10.1.0.6"));
                assertThat(isAnswered(other, asked, answers)).as(target).isTrue();
            }
            long before = heard();
            long end = flood.sent.get() + 100_000;
            Eventually.holds("100,000 frames more", () -> flood.sent.get() >= end, flood.sent::toString);
            assertThat(heard() - before)
                    .as("frames of 100,000 that were looked at")
                    .isLessThan(50_000);
            flood.over = true;
            join(flooding);
            Command.run("ip", "link", "del", "tap1");
            join(otherReader);
        }
        assertThat(gateway.counts().floods()).as("one flood").isOne();
        assertThat(gateway.counts().refusals().get(Refusal.RATE_LIMITED)).isPositive();
        Eventually.holds(
                "the flooder to be heard again, once its second is over",
                this::isHeard,
                () -> gateway.counts().toString());
    }

    private boolean isHeard() {
        try {
            return isAnswered(wire, question("10.1.0.250"), received);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void join(Thread thread) throws InterruptedException {
        assertThat(thread.join(Duration.ofSeconds(60)))
                .as(thread.getName() + " ends")
                .isTrue();
    }

    private long heard() {
        GatewayLoop.Counts counts = gateway.counts();
        return counts.replies()
                + counts.refusals().values().stream().mapToLong(n -> n).sum();
    }

    /// As a guest asks, three times with a second between them.
    private static boolean isAnswered(Tap tap, String question, BlockingQueue<byte[]> answers)
            throws IOException, InterruptedException {
        String target = question.substring(question.length() - 8);
        for (int i = 0; i < 3; i++) {
            send(tap, question);
            for (byte[] frame = answers.poll(1, TimeUnit.SECONDS);
                    frame != null;
                    frame = answers.poll(1, TimeUnit.SECONDS)) {
                if (HexFormat.of().formatHex(frame, 28, 32).equals(target)) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Writes one frame again and again, as fast as it can.
    private final class Flood implements Runnable {
        private final String frame;
        private final AtomicLong sent = new AtomicLong();
        private volatile boolean over;

        Flood(String frame) {
            this.frame = frame;
        }

        @Override
        public void run() {
            byte[] bytes = HexFormat.of().parseHex(frame);
            ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
            try {
                while (!over) {
                    wire.write(direct, bytes.length);
                    sent.incrementAndGet();
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void theKernelAnswersForTheGatewayWhileTheAgentIsDead() throws Exception {
        gateway.close();
        send(question("10.1.0.9"));
        send(question("169.254.1.1"));
        assertThat(Arrays.copyOfRange(nextArp(), 28, 32)).containsExactly(169, 254, 1, 1);
    }
}
