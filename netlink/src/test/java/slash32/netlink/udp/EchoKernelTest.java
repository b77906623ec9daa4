package slash32.netlink.udp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.socket.KernelException;
import slash32.netlink.udp.EchoSocket.Echo;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Echoes that this host's kernel answers itself.
@InNetns
class EchoKernelTest {
    private static final Ipv4Address HERE = Ipv4Address.parse("127.0.0.1");
    private static final long TOKEN = 0x0123_4567_89ab_cdefL;

    @BeforeEach
    void up() {
        Command.run("ip", "link", "set", "lo", "up", "mtu", "1500");
    }

    @Test
    void theKernelAnswersWithWhatItWasAskedWith() throws IOException {
        try (EchoSocket socket = EchoSocket.open(HERE)) {
            for (int bytes : List.of(EchoSocket.leastBytes(true), 1_499, 1_500)) {
                socket.ask(HERE, null, 0xfffe, bytes, TOKEN, bytes);
                assertThat(heard(socket)).isEqualTo(new Echo(HERE, true, 0xfffe, bytes, TOKEN));
            }
            assertThatThrownBy(() -> socket.ask(HERE, null, 1, 1, TOKEN, 1_501))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("EMSGSIZE");
            assertThat(socket.receive()).isNull();
        }
    }

    @Test
    void ofIpv6RequestsAreHeardToo() throws IOException {
        IpAddress here = IpAddress.parse("::1");
        try (EchoSocket socket = EchoSocket.openIpv6()) {
            socket.ask(here, null, 7, 8, TOKEN, 1_500);
            assertThat(List.of(heard(socket), heard(socket)))
                    .containsExactlyInAnyOrder(new Echo(here, false, 7, 8, TOKEN), new Echo(here, true, 7, 8, TOKEN));
            assertThatThrownBy(() -> socket.ask(here, null, 7, 8, TOKEN, 1_501)).hasMessageContaining("EMSGSIZE");
        }
    }

    private static Echo heard(EchoSocket socket) throws IOException {
        try (UdpSelector selector = UdpSelector.open()) {
            selector.watch(List.of(socket));
            @Nullable Echo echo = socket.receive();
            for (int i = 0; i < 100 && echo == null; i++) {
                selector.await(TimeUnit.SECONDS.toNanos(1));
                echo = socket.receive();
            }
            assertThat(echo).isNotNull();
            return java.util.Objects.requireNonNull(echo);
        }
    }
}
