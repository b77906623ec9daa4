package slash32.lab.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

class EchoProberTest {
    private static final String FAR = "s32probe-far";

    @Test
    void readsOnlyRepliesToItself() {
        ByteBuffer reply = ByteBuffer.allocate(42);
        reply.putShort(12, (short) 0x0800).put(14, (byte) 0x45).put(23, (byte) 1);
        reply.putInt(26, Ipv4Address.parse("10.1.0.9").value()).putShort(38, (short) 7);
        assertThat(EchoFrame.replied(reply, 7)).isEqualTo(Ipv4Address.parse("10.1.0.9"));
        assertThat(EchoFrame.replied(reply, 8)).isNull();
        assertThat(EchoFrame.replied(reply.duplicate().limit(41), 7)).isNull();
        assertThat(EchoFrame.replied(reply.put(34, (byte) 8), 7)).isNull();
    }

    /// The far end's kernel checks every checksum; it answers from the moment that it has the address.
    @Test
    @InNetns
    void tellsWhenTheFirstReplyComes() throws Exception {
        Command.run("ip", "netns", "add", FAR);
        var said = new LinkedBlockingQueue<String>();
        try (var targets = new PipedWriter()) {
            Command.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", FAR);
            Command.run("ip", "-n", FAR, "link", "set", "far", "address", "fe:53:32:00:00:01", "up");
            Command.run("ip", "link", "set", "near", "up");
            Command.run("ip", "address", "add", "10.1.0.1/24", "dev", "near");
            var near = new InterfaceName("near");
            EchoProber prober = EchoProber.open(near, Ipv4Address.parse("10.1.0.1"), lines(said));
            var reader = new BufferedReader(new PipedReader(targets));
            Thread.ofPlatform().daemon().start(() -> run(prober, reader));
            targets.write("10.1.0.2\n");
            targets.flush();
            long before = System.nanoTime();
            Command.run("ip", "-n", FAR, "address", "add", "10.1.0.2/24", "dev", "far");
            String[] heard = String.valueOf(said.poll(10, TimeUnit.SECONDS)).split(" ", -1);
            long after = System.nanoTime();
            assertThat(heard[0]).isEqualTo("10.1.0.2");
            assertThat(Long.parseLong(heard[1])).isBetween(before, after);
            assertThat(said).isEmpty();
        } finally {
            Command.run("ip", "netns", "delete", FAR);
        }
    }

    private static void run(EchoProber prober, BufferedReader targets) {
        try {
            prober.run(targets);
        } catch (IOException _) {
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
}
