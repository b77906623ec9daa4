package slash32.overlay.esp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;

class SaTableTest {
    private static final int TCP = 6;
    private static final int UDP = 17;

    private static ChildSa child(String peer, int spi, TrafficSelector local, TrafficSelector remote) {
        var path = new Path(IpAddress.parse("192.0.2.1"), 4500, IpAddress.parse("192.0.2.2"), 4500);
        Secret key = Secret.copyOf(new byte[36]);
        return new ChildSa(
                Identity.name(peer), spi, spi + 1, key, key, true, false, true, List.of(local), List.of(remote), path);
    }

    private static TrafficSelector range(int protocol, int fromPort, int toPort, String from, String to) {
        return new TrafficSelector(protocol, fromPort, toPort, IpAddress.parse(from), IpAddress.parse(to));
    }

    private static TrafficSelector all(String from, String to) {
        return range(0, 0, 65_535, from, to);
    }

    private static final TrafficSelector OURS = all("10.0.0.0", "10.0.0.255");

    private static InnerPacket packet(String from, String to, int protocol, int sourcePort, int destinationPort) {
        IpAddress source = IpAddress.parse(from);
        var octets = ByteBuffer.allocate(60);
        if (source.isIpv4()) {
            octets.put(0, (byte) 0x45).putShort(2, (short) 24).put(9, (byte) protocol);
            octets.put(12, source.toArray()).put(16, IpAddress.parse(to).toArray());
            octets.putShort(20, (short) sourcePort).putShort(22, (short) destinationPort);
        } else {
            octets.put(0, (byte) 0x60).putShort(4, (short) 4).put(6, (byte) protocol);
            octets.put(8, source.toArray()).put(24, IpAddress.parse(to).toArray());
            octets.putShort(40, (short) sourcePort).putShort(42, (short) destinationPort);
        }
        var packet = new InnerPacket();
        assertThat(packet.read(octets.array(), 0, 60)).isTrue();
        assertThat(packet.length()).isEqualTo(source.isIpv4() ? 24 : 44);
        return packet;
    }

    private static @Nullable String peer(SaTable table, InnerPacket packet) {
        OutboundSa sa = table.outbound(packet);
        return sa == null ? null : sa.child().peer().toString();
    }

    private static SaTable of(ChildSa... children) {
        SaTable table = SaTable.EMPTY;
        for (ChildSa child : children) {
            table = table.receiving(child).sending(child);
        }
        return table;
    }

    @Test
    void theNarrowestSelectorWinsAndWhatNoneCoversStays() {
        SaTable table = of(
                child("wide", 1_000, OURS, all("10.1.0.0", "10.1.255.255")),
                child("host", 2_000, OURS, all("10.1.2.3", "10.1.2.3")),
                child("begin", 3_000, OURS, all("10.1.0.0", "10.1.0.7")),
                child("six", 4_000, all("2001:db8::1", "2001:db8::1"), all("2001:db8:1::", "2001:db8:1::ffff")));
        assertThat(peer(table, packet("10.0.0.1", "10.1.2.3", TCP, 1, 2))).isEqualTo("host");
        assertThat(peer(table, packet("10.0.0.1", "10.1.2.4", TCP, 1, 2))).isEqualTo("wide");
        assertThat(peer(table, packet("10.0.0.1", "10.1.0.7", TCP, 1, 2))).isEqualTo("begin");
        assertThat(peer(table, packet("10.0.0.1", "10.1.0.8", TCP, 1, 2))).isEqualTo("wide");
        assertThat(peer(table, packet("10.0.0.1", "10.2.0.0", TCP, 1, 2))).isNull();
        assertThat(peer(table, packet("10.0.0.1", "10.0.255.255", TCP, 1, 2))).isNull();
        assertThat(peer(table, packet("10.0.1.0", "10.1.2.3", TCP, 1, 2)))
                .as("another source")
                .isNull();
        assertThat(peer(table, packet("2001:db8::1", "2001:db8:1::5", UDP, 1, 2)))
                .isEqualTo("six");
        assertThat(peer(table, packet("2001:db8::1", "2001:db8:1::1:0", UDP, 1, 2)))
                .isNull();
    }

    @Test
    void protocolAndPortsCount() {
        SaTable table = of(child(
                "dns",
                1_000,
                range(UDP, 0, 65_535, "10.0.0.1", "10.0.0.1"),
                range(UDP, 53, 53, "10.1.0.1", "10.1.0.1")));
        assertThat(peer(table, packet("10.0.0.1", "10.1.0.1", UDP, 4_000, 53))).isEqualTo("dns");
        assertThat(peer(table, packet("10.0.0.1", "10.1.0.1", UDP, 4_000, 54))).isNull();
        assertThat(peer(table, packet("10.0.0.1", "10.1.0.1", TCP, 4_000, 53))).isNull();
        assertThat(table.isAgreed(1_000, packet("10.1.0.1", "10.0.0.1", UDP, 53, 4_000)))
                .isTrue();
        assertThat(table.isAgreed(1_000, packet("10.1.0.1", "10.0.0.1", UDP, 52, 4_000)))
                .isFalse();
        assertThat(table.isAgreed(1_000, packet("10.1.0.2", "10.0.0.1", UDP, 53, 4_000)))
                .isFalse();
        assertThat(table.isAgreed(1_001, packet("10.1.0.1", "10.0.0.1", UDP, 53, 4_000)))
                .isFalse();
    }

    @Test
    void aLaterFragmentNeedsASelectorOfAllPorts() {
        var octets = ByteBuffer.allocate(24)
                .put(0, (byte) 0x45)
                .putShort(2, (short) 24)
                .putShort(6, (short) 100);
        octets.put(9, (byte) UDP).put(12, new byte[] {10, 0, 0, 1}).put(16, new byte[] {10, 1, 0, 1});
        var fragment = new InnerPacket();
        assertThat(fragment.read(octets.array(), 0, 24)).isTrue();
        assertThat(peer(of(child("all", 1_000, OURS, all("10.1.0.1", "10.1.0.1"))), fragment))
                .isEqualTo("all");
        assertThat(peer(of(child("dns", 1_000, OURS, range(UDP, 0, 53, "10.1.0.1", "10.1.0.1"))), fragment))
                .isNull();
    }

    @Test
    void whatIsNoPacketIsNotRead() {
        var packet = new InnerPacket();
        assertThat(packet.read(new byte[60], 0, 60)).isFalse();
        byte[] longer = new byte[60];
        longer[0] = 0x45;
        longer[3] = 61;
        assertThat(packet.read(longer, 0, 60)).isFalse();
        assertThat(packet.read(longer, 0, 19)).isFalse();
        byte[] sixth = new byte[60];
        sixth[0] = 0x60;
        sixth[5] = 21;
        assertThat(packet.read(sixth, 0, 60)).isFalse();
    }

    /// A sequence number must not come twice under a key.
    @Test
    void anSaThatIsUsedAgainGoesOnCounting() {
        ChildSa old = child("hv2", 1_000, OURS, all("10.1.0.1", "10.1.0.1"));
        ChildSa successor = child("hv2", 2_000, OURS, all("10.1.0.1", "10.1.0.1"));
        SaTable table = of(old);
        OutboundSa used = Objects.requireNonNull(table.outbound(packet("10.0.0.1", "10.1.0.1", TCP, 1, 2)));
        SaTable moved = table.receiving(successor).sending(successor);
        assertThat(moved.isUsed(used)).isFalse();
        SaTable back = moved.receiving(old).sending(old);
        assertThat(back.outbound(packet("10.0.0.1", "10.1.0.1", TCP, 1, 2))).isSameAs(used);
        assertThat(back.inbound(1_000)).isSameAs(table.inbound(1_000));
        assertThat(back.inbound(2_000)).isSameAs(moved.inbound(2_000));
        SaTable left = back.without(old);
        assertThat(left.inbound(1_000)).isNull();
        assertThat(left.outbound(packet("10.0.0.1", "10.1.0.1", TCP, 1, 2))).isNull();
        assertThat(left.inbound()).hasSize(1);
        assertThatThrownBy(() -> left.sending(old)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aThousandPeersAreFound() {
        SaTable table = SaTable.EMPTY;
        for (int i = 0; i < 1_000; i++) {
            ChildSa child = child(
                    "hv" + i,
                    1_000 + 2 * i,
                    OURS,
                    all("10.9." + i / 250 + "." + i % 250, "10.9." + i / 250 + "." + i % 250));
            table = table.receiving(child).sending(child);
        }
        for (int i = 0; i < 1_000; i++) {
            assertThat(peer(table, packet("10.0.0.1", "10.9." + i / 250 + "." + i % 250, TCP, 1, 2)))
                    .isEqualTo("hv" + i);
            assertThat(table.inbound(1_000 + 2 * i)).isNotNull();
            assertThat(table.inbound(1_001 + 2 * i)).isNull();
        }
    }
}
