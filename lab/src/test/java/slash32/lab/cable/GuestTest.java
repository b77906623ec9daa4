package slash32.lab.cable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

class GuestTest {
    private static final String NAME = "s32cable-vm1";

    @TempDir
    Path folder;

    @Test
    void readsItsFile() throws IOException {
        Path file = Files.writeString(folder.resolve("guests.yml"), """
                guests:
                  - {name: vm1, tap: tap-vm1, mac: "52:54:00:00:00:01", mtu: 1400, addresses: [10.77.0.11/24, "fd77::11/128"]}
                """);
        assertThat(GuestSpec.read(file))
                .containsExactly(new GuestSpec(
                        "vm1",
                        new InterfaceName("tap-vm1"),
                        MacAddress.parse("52:54:00:00:00:01"),
                        1_400,
                        List.of(GuestSpec.OnLink.parse("10.77.0.11/24"), GuestSpec.OnLink.parse("fd77::11/128"))));
    }

    @Test
    void refusesWhatIsNoGuest() throws IOException {
        Path file = Files.writeString(folder.resolve("guests.yml"), """
                guests:
                  - {name: vm1, tap: a-name-that-is-too-long, mac: x, addresses: [10.77.0.11], ram: 1G}
                """);
        assertThatThrownBy(() -> GuestSpec.read(file))
                .hasMessageContaining("guests.yml:2:22: error: guests[0].tap")
                .hasMessageContaining("guests[0].mac")
                .hasMessageContaining("must be address/length")
                .hasMessageContaining("guests[0].ram: unknown key");
    }

    /// The hypervisor's TAP comes, goes and comes back; the guest is reachable while it is there.
    @Test
    @InNetns
    void joinsTheTapWhenItIsThere() throws Exception {
        var said = new LinkedBlockingQueue<String>();
        LinkWatch watch = LinkWatch.open();
        Thread.ofPlatform().daemon().start(() -> watch(watch));
        var guest = Guest.boot(
                new GuestSpec(
                        NAME,
                        new InterfaceName("tap-vm1"),
                        MacAddress.parse("52:54:00:00:00:01"),
                        GuestSpec.DEFAULT_MTU_BYTES,
                        List.of(GuestSpec.OnLink.parse("10.77.0.11/32"), GuestSpec.OnLink.parse("fd77::11/128"))),
                watch,
                lines(said));
        try {
            Thread in = Thread.ofPlatform().daemon().start(() -> carry(guest, true));
            Thread out = Thread.ofPlatform().daemon().start(() -> carry(guest, false));
            awaitLine(said, "booted");
            for (int time = 0; time < 2; time++) {
                makeTap();
                awaitLine(said, "plugged");
                assertThat(Command.run("ping", "-c2", "-i0.2", "10.77.0.11")).contains("2 received");
                assertThat(Command.run("ping", "-c2", "-i0.2", "fd77::11")).contains("2 received");
                String back = Command.run("ip", "netns", "exec", NAME, "ping", "-c1", "-s", "1400", "192.0.2.1");
                assertThat(back).contains("1 received");
                Command.run("ip", "link", "delete", "dev", "tap-vm1");
                awaitLine(said, "unplugged");
            }
            assertThat(in.isAlive() && out.isAlive()).isTrue();
        } finally {
            Command.run("ip", "netns", "delete", NAME);
        }
    }

    /// As the agent makes it, but without rules.
    private static void makeTap() {
        Command.run("ip", "tuntap", "add", "dev", "tap-vm1", "mode", "tap");
        Command.run("ip", "link", "set", "dev", "tap-vm1", "address", "fe:53:32:00:00:01", "up");
        Command.run("ip", "address", "replace", "192.0.2.1/32", "dev", "lo");
        Command.run("ip", "address", "add", "169.254.1.1/32", "dev", "tap-vm1");
        Command.run("ip", "address", "add", "fe80::1/64", "dev", "tap-vm1", "nodad");
        Command.run("ip", "route", "add", "10.77.0.11/32", "dev", "tap-vm1", "src", "192.0.2.1");
        Command.run("ip", "-6", "route", "add", "fd77::11/128", "dev", "tap-vm1");
    }

    private static void watch(LinkWatch watch) {
        try {
            watch.run();
        } catch (IOException _) {
            // The end of the test.
        }
    }

    private static void carry(Guest guest, boolean in) {
        try {
            if (in) {
                guest.carryIn();
            } else {
                guest.carryOut();
            }
        } catch (IOException | InterruptedException _) {
            // The end of the test.
        }
    }

    private static PrintStream lines(BlockingQueue<String> said) {
        return new PrintStream(System.err, true) {
            @Override
            public void println(@Nullable String line) {
                said.add(String.valueOf(line));
            }
        };
    }

    private static void awaitLine(BlockingQueue<String> said, String state) throws InterruptedException {
        assertThat(said.poll(10, TimeUnit.SECONDS)).isNotNull().endsWith("state=" + state);
    }
}
