package slash32.overlay.esp.offload;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

/// Large packets as the kernel gives them are cut and come together again as they were; every packet between is
/// right by a checksum that is computed the slow way.
class OffloadTest {
    private static final int BEHIND = 8;

    static Stream<Long> seeds() {
        return Seeds.of(10, 1, 2, 3);
    }

    /// One large packet behind its virtio_net_hdr, its checksum that of the pseudo-header.
    private static final class Large {
        final byte[] octets;
        final int headerBytes;
        final int segmentBytes;
        final boolean ipv4;
        final boolean tcp;

        Large(byte[] octets, int headerBytes, int segmentBytes, boolean ipv4, boolean tcp) {
            this.octets = octets;
            this.headerBytes = headerBytes;
            this.segmentBytes = segmentBytes;
            this.ipv4 = ipv4;
            this.tcp = tcp;
        }
    }

    private static Large large(Random random) {
        boolean ipv4 = random.nextBoolean();
        boolean tcp = random.nextInt(3) > 0;
        int ip = ipv4 ? 20 : 40;
        int options = tcp ? 4 * random.nextInt(11) : 0;
        int headers = ip + (tcp ? 20 + options : 8);
        int segmentBytes = 100 + random.nextInt(1_300);
        int count = 2 + random.nextInt(Math.min(60, 60_000 / segmentBytes));
        int payload = segmentBytes * (count - 1) + 1 + random.nextInt(segmentBytes);
        byte[] octets = new byte[10 + headers + payload + BEHIND];
        random.nextBytes(octets);
        ByteBuffer packet = ByteBuffer.wrap(octets).position(10).slice();
        int length = headers + payload;
        if (ipv4) {
            packet.put(0, (byte) 0x45).putShort(2, (short) length).putShort(6, (short) 0x4000);
            packet.put(9, (byte) (tcp ? 6 : 17));
            packet.putShort(10, (short) 0).putShort(10, (short) ~slowSum(octets, 10, 20, 0));
        } else {
            packet.put(0, (byte) 0x60).putShort(4, (short) (length - 40)).put(6, (byte) (tcp ? 6 : 17));
        }
        if (tcp) {
            packet.put(ip + 12, (byte) ((20 + options) << 2)).put(ip + 13, (byte) (random.nextBoolean() ? 0x18 : 0x10));
        } else {
            packet.putShort(ip + 4, (short) (8 + payload));
        }
        int checksum = ip + (tcp ? 16 : 6);
        int pseudo = (tcp ? 6 : 17) + length - ip;
        packet.putShort(checksum, (short) slowSum(octets, 10 + (ipv4 ? 12 : 8), ipv4 ? 8 : 32, pseudo));
        ByteBuffer vnet = ByteBuffer.wrap(octets).order(ByteOrder.nativeOrder());
        vnet.put(0, (byte) 1).put(1, (byte) (tcp ? ipv4 ? 1 : 4 : 5)).putShort(2, (short) headers);
        vnet.putShort(4, (short) segmentBytes).putShort(6, (short) ip).putShort(8, (short) (tcp ? 16 : 6));
        return new Large(octets, headers, segmentBytes, ipv4, tcp);
    }

    /// The Internet checksum's sum, word by word.
    private static int slowSum(byte[] octets, int at, int length, int start) {
        long sum = start;
        for (int i = 0; i < length; i++) {
            sum += (octets[at + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    private static List<byte[]> cut(byte[] octets) {
        var all = new ArrayList<byte[]>();
        boolean whole = new Segmenter()
                .segment(
                        octets.clone(),
                        0,
                        octets.length - BEHIND,
                        (from, at, length) -> all.add(Arrays.copyOfRange(from, at, at + length)));
        assertThat(whole).isTrue();
        return all;
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aLargePacketIsCutAndComesTogetherAsItWas(long seed) {
        var random = new Random(seed);
        var given = new ArrayList<byte[]>();
        var coalescer = new Coalescer(true, (from, at, length) -> given.add(Arrays.copyOfRange(from, at, at + length)));
        for (int round = 0; round < 10; round++) {
            Large large = large(random);
            List<byte[]> packets = cut(large.octets);
            assertThat(packets)
                    .hasSize((large.octets.length - BEHIND - 10 - large.headerBytes - 1) / large.segmentBytes + 1);
            packets.forEach(packet -> assertRight(packet, large));
            given.clear();
            packets.forEach(packet -> take(coalescer, packet));
            coalescer.flush();
            if (large.segmentBytes >= large.headerBytes) {
                assertThat(given).hasSize(1);
                assertThat(given.getFirst()).isEqualTo(Arrays.copyOf(large.octets, large.octets.length - BEHIND));
            }
        }
    }

    private static void assertRight(byte[] packet, Large large) {
        int ip = large.ipv4 ? 20 : 40;
        ByteBuffer octets = ByteBuffer.wrap(packet);
        if (large.ipv4) {
            assertThat(octets.getShort(2)).isEqualTo((short) packet.length);
            assertThat(slowSum(packet, 0, 20, 0)).isEqualTo(0xffff);
        } else {
            assertThat(octets.getShort(4)).isEqualTo((short) (packet.length - 40));
        }
        int pseudo =
                slowSum(packet, large.ipv4 ? 12 : 8, large.ipv4 ? 8 : 32, (large.tcp ? 6 : 17) + packet.length - ip);
        assertThat(slowSum(packet, ip, packet.length - ip, pseudo)).isEqualTo(0xffff);
        if (!large.tcp) {
            assertThat(octets.getShort(ip + 4)).isEqualTo((short) (packet.length - ip));
        }
    }

    private static void take(Coalescer coalescer, byte[] packet) {
        int at = coalescer.landing();
        System.arraycopy(packet, 0, coalescer.octets(), at, packet.length);
        coalescer.take(packet.length);
    }

    /// What must not become one packet, or would be given in another order, comes out as it went in.
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void mixedPacketsComeOutAsTheyWent(long seed) {
        var random = new Random(seed);
        var packets = new ArrayList<byte[]>();
        for (int flow = 0; flow < 20; flow++) {
            List<byte[]> all = cut(large(random).octets);
            packets.addAll(all.subList(0, Math.min(all.size(), 1 + random.nextInt(5))));
        }
        for (int i = 0; i < 10; i++) { // damage
            byte[] packet = packets.get(random.nextInt(packets.size()));
            packet[random.nextInt(packet.length)] ^= (byte) (1 << random.nextInt(8));
        }
        for (int i = 0; i < 10; i++) {
            packets.add(random.nextInt(packets.size()), packets.get(random.nextInt(packets.size())));
        }
        var given = new ArrayList<byte[]>();
        var coalescer = new Coalescer(random.nextBoolean(), (from, at, length) -> {
            byte[] all = Arrays.copyOfRange(from, at, at + length + BEHIND);
            if (all[1] == 0) {
                given.add(Arrays.copyOfRange(all, 10, length));
            } else {
                given.addAll(cut(all));
            }
        });
        for (byte[] packet : packets) {
            if (random.nextInt(5) == 0) {
                System.arraycopy(new byte[3_000], 0, coalescer.octets(), coalescer.landing(), 3_000);
                coalescer.abandon();
            }
            take(coalescer, packet);
        }
        coalescer.flush();
        assertThat(given).hasSameSizeAs(packets);
        for (int i = 0; i < packets.size(); i++) {
            assertThat(withoutIdentification(given.get(i)))
                    .as("packet %d", i)
                    .isEqualTo(withoutIdentification(packets.get(i)));
        }
    }

    /// Identifications are counted on from the first of a run (RFC 6864 asks for none in a packet that is not
    /// fragmented).
    private static byte[] withoutIdentification(byte[] packet) {
        byte[] copy = packet.clone();
        if ((packet[0] & 0xf0) == 0x40) {
            Arrays.fill(copy, 4, 6, (byte) 0);
            Arrays.fill(copy, 10, 12, (byte) 0);
        }
        return copy;
    }

    @Test
    void aChecksumThatWasLeftOpenIsCompleted() {
        Large large = large(new Random(7));
        byte[] single = cut(large.octets).getLast();
        int ip = large.ipv4 ? 20 : 40;
        byte[] octets = new byte[10 + single.length + BEHIND];
        System.arraycopy(single, 0, octets, 10, single.length);
        int checksum = ip + (large.tcp ? 16 : 6);
        int pseudo = slowSum(
                octets, 10 + (large.ipv4 ? 12 : 8), large.ipv4 ? 8 : 32, (large.tcp ? 6 : 17) + single.length - ip);
        ByteBuffer.wrap(octets).putShort(10 + checksum, (short) pseudo);
        ByteBuffer.wrap(octets)
                .order(ByteOrder.nativeOrder())
                .put(0, (byte) 1)
                .putShort(6, (short) ip)
                .putShort(8, (short) (large.tcp ? 16 : 6));
        assertThat(cut(octets)).containsExactly(single);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whatMakesNoSenseIsRefusedOrCutAnyhow(long seed) {
        var random = new Random(seed);
        var segmenter = new Segmenter();
        for (int round = 0; round < 100; round++) {
            byte[] octets = large(random).octets.clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                octets[random.nextInt(Math.min(octets.length, 70))] = (byte) random.nextInt();
            }
            int length = random.nextInt(octets.length - BEHIND);
            segmenter.segment(
                    octets, 0, length, (from, at, n) -> assertThat(at + n).isBetween(1, length));
        }
    }
}
