package slash32.netlink.udp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.IpAddress;
import slash32.netlink.socket.KernelException;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Datagrams between two addresses of one namespace.
@InNetns
class UdpKernelTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @BeforeEach
    void addresses() {
        Command.run("ip", "addr", "add", "10.0.0.1/32", "dev", "lo");
        Command.run("ip", "addr", "add", "10.0.0.2/32", "dev", "lo");
        Command.run("ip", "addr", "add", "2001:db8::1/128", "dev", "lo", "nodad");
        Command.run("ip", "addr", "add", "2001:db8::2/128", "dev", "lo", "nodad");
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1, 10.0.0.2", "2001:db8::1, 2001:db8::2"})
    void onlyTheRequiredHopLimitIsReceived(IpAddress one, IpAddress two) throws IOException {
        try (UdpSocket near = UdpSocket.bind(one, 3784, 255);
                UdpSocket any = UdpSocket.bind(one, 4784, 0);
                UdpSocket sender = UdpSocket.bind(two, 49_152, 0);
                UdpSelector selector = UdpSelector.open()) {
            selector.watch(List.of(near, any));
            sender.destination(one, 3784);
            sender.toSend().putInt(0, 0xcafe);
            sender.sendWith(254, 0);
            sender.send(4);
            selector.await(0);
            assertThat(near.receive()).as("one hop away").isEqualTo(-1);
            sender.sendWith(255, 0xc0);
            assertThat(carry(sender, selector, near)).isEqualTo(4);
            assertThat(near.received().getInt(0)).isEqualTo(0xcafe);
            assertThat(near.isFrom(two)).isTrue();
            assertThat(near.isFrom(one)).isFalse();
            sender.destination(one, 4784);
            sender.sendWith(3, 0);
            assertThat(carry(sender, selector, any)).isEqualTo(4);
            assertThat(any.receive()).as("nothing more").isEqualTo(-1);
        }
    }

    /// Sends until it arrives: a fresh IPv6 address may be tentative for a moment, even without detection.
    private static int carry(UdpSocket from, UdpSelector selector, UdpSocket to) throws IOException {
        int length = -1;
        for (int attempt = 0; length < 0 && attempt < 20; attempt++) {
            from.send(4);
            selector.await(SECOND / 10);
            length = to.receive();
        }
        return length;
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        IpAddress address = IpAddress.parse("10.0.0.1");
        try (UdpSocket _ = UdpSocket.bind(address, 3784, 0)) {
            assertThatThrownBy(() -> UdpSocket.bind(address, 3784, 0))
                    .isInstanceOf(KernelException.class)
                    .hasMessage("bind UDP socket on 10.0.0.1 port 3784: EADDRINUSE");
        }
    }

    @Test
    void aSenderHearsThatThereIsNoWay() throws IOException {
        try (UdpSocket socket = UdpSocket.bind(IpAddress.parse("10.0.0.1"), 49_152, 0)) {
            socket.destination(IpAddress.parse("192.0.2.1"), 3784);
            assertThatThrownBy(() -> socket.send(24)).hasMessage("send a datagram: ENETUNREACH");
        }
    }

    @Test
    void anAddressMayComeLater() throws IOException {
        UdpSocket.bind(IpAddress.parse("10.0.0.77"), 3784, 255).close();
        UdpSocket.bind(IpAddress.parse("2001:db8::77"), 3784, 255).close();
    }

    @Test
    void aWakeupEndsOneWait() throws IOException {
        try (UdpSelector selector = UdpSelector.open()) {
            selector.wakeup();
            selector.await(Long.MAX_VALUE);
            long before = System.nanoTime();
            selector.await(TimeUnit.MILLISECONDS.toNanos(20));
            assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    @Test
    void aDatagramCostsNoGarbage() throws IOException {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        IpAddress one = IpAddress.parse("10.0.0.1");
        IpAddress two = IpAddress.parse("10.0.0.2");
        try (UdpSocket receiver = UdpSocket.bind(one, 3784, 255);
                UdpSocket sender = UdpSocket.bind(two, 49_152, 0);
                UdpSelector selector = UdpSelector.open()) {
            selector.watch(List.of(receiver));
            sender.destination(one, 3784);
            sender.sendWith(255, 0xc0);
            long garbage = 0;
            int received = 0;
            for (int round = 0; round < 2_000; round++) {
                if (round == 1_000) { // the first ones load classes
                    garbage = -threads.getCurrentThreadAllocatedBytes();
                }
                sender.send(24);
                selector.await(SECOND);
                received += receiver.receive() == 24 && receiver.isFrom(two) ? 1 : 0;
            }
            garbage += threads.getCurrentThreadAllocatedBytes();
            assertThat(received).isEqualTo(2_000);
            assertThat(garbage / 1_000).as("octets allocated for a datagram").isZero();
        }
    }
}
