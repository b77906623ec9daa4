package slash32.netlink.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.tun.OffloadDevice.Layer;
import slash32.netlink.udp.UdpSelector;
import slash32.netlink.udp.UdpSocket;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

@InNetns
class OffloadDeviceKernelTest {
    private static final InterfaceName NAME = new InterfaceName("tun0");
    private static final int NEEDS_CHECKSUM = 1;

    @Test
    void aPacketComesWithItsHeaderAndIsTakenBack() throws IOException {
        try (OffloadDevice device = OffloadDevice.open(NAME, Layer.PACKETS);
                UdpSelector selector = UdpSelector.open()) {
            assertThat(Command.run("ip", "-d", "link", "show", "tun0")).contains("tun type tun pi off vnet_hdr on");
            Command.run("ip", "addr", "add", "10.0.0.1/24", "dev", "tun0");
            Command.run("ip", "link", "set", "tun0", "up");
            selector.watch(List.of(device));
            IpAddress here = IpAddress.parse("10.0.0.1");
            try (UdpSocket socket = UdpSocket.bind(here, 7000, 0)) {
                socket.destination(IpAddress.parse("10.0.0.2"), 7000);
                socket.toSend().put(0, "hello".getBytes(StandardCharsets.US_ASCII));
                socket.send(5);
                int length = -1;
                for (int tries = 0; length != OffloadDevice.HEADER_BYTES + 33 && tries < 100; tries++) {
                    selector.await(TimeUnit.SECONDS.toNanos(1));
                    length = device.read(); // others are IPv6's
                }
                assertThat(length).isEqualTo(OffloadDevice.HEADER_BYTES + 33);
                var packet = device.received().order(ByteOrder.BIG_ENDIAN);
                assertThat(packet.get(0)).isEqualTo((byte) NEEDS_CHECKSUM);
                assertThat(packet.get(OffloadDevice.HEADER_BYTES)).isEqualTo((byte) 0x45);
                byte[] all = new byte[length];
                packet.get(0, all);
                for (int i = 0; i < 4; i++) { // back to where it came from
                    byte swapped = all[22 + i];
                    all[22 + i] = all[26 + i];
                    all[26 + i] = swapped;
                }
                device.toWrite().put(0, all);
                selector.watch(List.of(socket));
                device.write(length);
                selector.await(TimeUnit.SECONDS.toNanos(5));
                assertThat(socket.receive()).isEqualTo(5);
            }
            assertThat(device.read()).isEqualTo(-1);
        }
    }

    @Test
    void aWriteThatMakesNoSenseIsRefused() throws IOException {
        try (OffloadDevice device = OffloadDevice.open(NAME, Layer.PACKETS)) {
            assertThatThrownBy(() -> device.write(20)).hasMessageStartingWith("write to tun0: ");
            assertThatThrownBy(() -> OffloadDevice.open(NAME, Layer.FRAMES)).hasMessageStartingWith("open TAP tun0: ");
        }
    }
}
