package slash32.netlink.udp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.IpAddress;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Runs of datagrams between two addresses of one namespace.
@InNetns
class BatchUdpKernelTest {
    private static final long TENTH = TimeUnit.MILLISECONDS.toNanos(100);

    @ParameterizedTest
    @CsvSource({"10.0.0.1, 10.0.0.2", "2001:db8::1, 2001:db8::2"})
    void aRunIsCutAndComesTogetherAgain(IpAddress one, IpAddress two) throws IOException {
        for (IpAddress address : List.of(one, two)) {
            Command.run("ip", "addr", "add", address + (one.isIpv4() ? "/32" : "/128"), "dev", "lo", "nodad");
        }
        try (BatchUdpSocket near = BatchUdpSocket.bind(one, 4500);
                BatchUdpSocket far = BatchUdpSocket.bind(two, 4501);
                UdpSelector selector = UdpSelector.open()) {
            selector.watch(List.of(far));
            assertThat(far.receive()).as("nothing yet").isEqualTo(-1);
            for (int i = 0; i < 3_100; i++) {
                near.toSend().put(i, (byte) (i * 31));
            }
            byte[] together = new byte[3_100];
            int received = 0;
            for (int attempt = 0; received < 3_100 && attempt < 20; attempt++) { // an IPv6 address is slow to be there
                near.send(two, 4501, 3_100, 1_000);
                received = 0;
                selector.await(TENTH);
                for (int run = far.receive(); run > 0; run = far.receive()) {
                    assertThat(far.segmentBytes()).isBetween(100, 1_000);
                    assertThat(far.sender()).isEqualTo(one);
                    assertThat(far.senderPort()).isEqualTo(4500);
                    far.received().get(0, together, received, run);
                    received += run;
                }
            }
            assertThat(received).isEqualTo(3_100);
            for (int i = 0; i < 3_100; i++) {
                assertThat(together[i]).isEqualTo((byte) (i * 31));
            }
            near.sendAlone(two, 4501, new byte[] {1, 2, 3});
            selector.await(20 * TENTH);
            assertThat(far.receive()).isEqualTo(3);
            assertThat(far.segmentBytes()).isEqualTo(3);
            assertThatThrownBy(() ->
                            near.sendAlone(IpAddress.parse(one.isIpv4() ? "192.0.2.9" : "2001:db8:9::"), 1, together))
                    .hasMessage("send a datagram: ENETUNREACH");
        }
    }
}
