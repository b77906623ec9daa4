package slash32.overlay.esp;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;

/// A Child SA as its two ends see it.
public record ChildPair(ChildSa left, ChildSa right) {
    /// Tunnel mode in UDP, for all traffic between two inner ranges.
    public static ChildPair of(
            long seed, boolean esn, Path path, List<TrafficSelector> leftInner, List<TrafficSelector> rightInner) {
        var random = new Random(seed);
        Secret toLeft = secret(random);
        Secret toRight = secret(random);
        int leftSpi = 256 + random.nextInt(1 << 30);
        int rightSpi = 256 + random.nextInt(1 << 30);
        var left = new ChildSa(
                Identity.name("right"),
                leftSpi,
                rightSpi,
                toLeft,
                toRight,
                esn,
                false,
                true,
                leftInner,
                rightInner,
                path);
        IpAddress far = path.remote();
        IpAddress near = path.local();
        var back = new Path(far, path.remotePort(), near, path.localPort());
        var right = new ChildSa(
                Identity.name("left"),
                rightSpi,
                leftSpi,
                toRight,
                toLeft,
                esn,
                false,
                true,
                rightInner,
                leftInner,
                back);
        return new ChildPair(left, right);
    }

    /// This where the peer of the right one has another identity.
    public ChildPair withLeftAs(Identity identity) {
        return new ChildPair(
                left,
                new ChildSa(
                        identity,
                        right.inboundSpi(),
                        right.outboundSpi(),
                        right.inboundKey(),
                        right.outboundKey(),
                        right.esn(),
                        right.transport(),
                        right.encapsulated(),
                        right.local(),
                        right.remote(),
                        right.path()));
    }

    /// The ESP packet that whoever has {@code child} makes of an IPv4 packet.
    public static byte[] sealed(ChildSa child, long sequence, byte[] packet) {
        byte[] out = new byte[OutboundSa.sealedBytes(packet.length)];
        byte[] plain = Arrays.copyOf(packet, packet.length + OutboundSa.SLACK_BYTES);
        new OutboundSa(child, sequence - 1).seal(plain, 0, packet.length, 4, out, 0);
        return out;
    }

    static ChildPair of(long seed, boolean esn) {
        var path = new Path(IpAddress.parse("192.0.2.1"), 4500, IpAddress.parse("192.0.2.2"), 4500);
        return of(seed, esn, path, all("10.0.0.1"), all("10.0.0.2"));
    }

    public static List<TrafficSelector> all(String address) {
        return List.of(TrafficSelector.of(IpAddress.parse(address), 0));
    }

    private static Secret secret(Random random) {
        byte[] key = new byte[36];
        random.nextBytes(key);
        return Secret.copyOf(key);
    }
}
