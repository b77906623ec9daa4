package slash32.netlink.tun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

@InNetns
class TapKernelTest {
    private static final InterfaceName NAME = new InterfaceName("tap0");
    private static final byte[] ARP_FRAME = HexFormat.of()
            .parseHex("ffffffffffff0200000000010806" + "0001080006040001" + "0200000000010a000001"
                    + "0000000000000a000002");

    @Test
    void aPersistentTapOutlivesItsOpenerAndKeepsItsOwner() throws IOException {
        try (Tap tap = Tap.open(NAME, new Tap.Mode(true, true))) {
            tap.setPersistent(true);
            tap.setOwner(4242);
            tap.setGroup(4243);
            tap.setVnetHeaderBytes(12);
        }
        // "ip tuntap" reads sysfs, which shows another namespace
        assertThat(Command.run("ip", "-d", "link", "show", "tap0"))
                .contains("tun type tap pi off vnet_hdr on multi_queue", "persist on", "user 4242", "group 4243");
    }

    @Test
    void saysWhyATapCannotBeOpened() throws IOException {
        try (Tap _ = Tap.open(NAME, Tap.Mode.PLAIN)) {
            assertThatThrownBy(() -> Tap.open(NAME, Tap.Mode.PLAIN))
                    .hasMessage("open TAP tap0: EBUSY (another process has it open)");
            assertThatThrownBy(() -> Tap.open(NAME, new Tap.Mode(false, true)))
                    .hasMessageStartingWith("open TAP tap0: EINVAL (the interface of this name is no TAP");
        }
        assertThatThrownBy(() -> Tap.open(new InterfaceName("lo"), Tap.Mode.PLAIN))
                .hasMessageContaining("EINVAL");
    }

    @Test
    void framesPassBothWaysAndTheFilterHoldsTheOthersBack() throws IOException {
        try (Tap tap = Tap.open(NAME, Tap.Mode.PLAIN);
                var socket = PacketSocket.open(3, onlyArp())) {
            Command.run("ip", "link", "set", "tap0", "up");
            ByteBuffer buffer = ByteBuffer.allocateDirect(2048).position(7);
            byte[] other = ARP_FRAME.clone();
            other[12] = (byte) 0x88;
            buffer.put(0, other);
            tap.write(buffer, other.length);
            buffer.put(0, ARP_FRAME);
            tap.write(buffer, ARP_FRAME.length);
            InterfaceIndex[] link = new InterfaceIndex[1];
            for (int frames = 0; frames < 2; frames++) {
                byte[] seen = new byte[ARP_FRAME.length];
                assertThat(socket.receive((from, frame) -> {
                            link[0] = from;
                            frame.get(seen);
                        }))
                        .isTrue();
                assertThat(seen).isEqualTo(ARP_FRAME);
                tap.write(buffer, ARP_FRAME.length);
            }
            byte[] reply = ARP_FRAME.clone();
            reply[21] = 2;
            socket.send(link[0], reply);
            byte[] atGuest = new byte[ARP_FRAME.length];
            do {
                int length = tap.read(buffer);
                buffer.get(0, atGuest, 0, Math.min(length, atGuest.length));
            } while (atGuest[12] != 8 || atGuest[13] != 6);
            assertThat(atGuest).isEqualTo(reply);
        }
    }

    @Test
    void closingEndsAReceive() throws IOException, InterruptedException {
        var socket = PacketSocket.open(3, onlyArp());
        Thread closer = Thread.ofPlatform().start(socket::close);
        assertThat(socket.receive((_, _) -> {})).isFalse();
        closer.join();
    }

    private static List<Instruction> onlyArp() {
        return List.of(
                new Instruction(0x28, 0, 0, 12), // ldh [12]
                new Instruction(0x15, 0, 1, 0x0806), // jeq ARP
                new Instruction(0x06, 0, 0, 65_535), // ret all
                new Instruction(0x06, 0, 0, 0)); // ret none
    }
}
