package slash32.overlay.ike.exchange;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.Payload;

/// Whether somebody translates addresses between the peers (RFC 7296 §2.23).
final class NatDetection {
    private static final int HASH_BYTES = 20;

    private NatDetection() {}

    /// Ours, as we see the path; a source that is nobody's if encapsulation is to be forced.
    static List<Payload> notifications(IkeSa sa, long responderSpi) {
        Path path = sa.path;
        Bytes source = sa.node.config.forceEncapsulation()
                ? Bytes.copyOf(new byte[HASH_BYTES])
                : hash(sa.initiatorSpi(), responderSpi, path.local(), path.localPort());
        Bytes destination = hash(sa.initiatorSpi(), responderSpi, path.remote(), path.remotePort());
        return List.of(
                Payload.Notify.of(NotifyType.NAT_DETECTION_SOURCE_IP, source),
                Payload.Notify.of(NotifyType.NAT_DETECTION_DESTINATION_IP, destination));
    }

    /// Compares what the peer saw with what we see. The SPIs are those of its message.
    static void detect(IkeSa sa, Message peers) {
        if (!peers.has(NotifyType.NAT_DETECTION_SOURCE_IP)) {
            return;
        }
        long initiatorSpi = peers.header().initiatorSpi();
        long responderSpi = peers.header().responderSpi();
        Path path = sa.path;
        Bytes source = hash(initiatorSpi, responderSpi, path.remote(), path.remotePort());
        Bytes destination = hash(initiatorSpi, responderSpi, path.local(), path.localPort());
        sa.peerNatted = peers.all(Payload.Notify.class)
                .filter(notify -> notify.notification() == NotifyType.NAT_DETECTION_SOURCE_IP)
                .noneMatch(notify -> notify.body().equals(source));
        sa.natted = !peers.notification(NotifyType.NAT_DETECTION_DESTINATION_IP).equals(Optional.of(destination));
    }

    private static Bytes hash(long initiatorSpi, long responderSpi, IpAddress address, int port) {
        byte[] octets = address.toArray();
        byte[] input = ByteBuffer.allocate(16 + octets.length + 2)
                .putLong(initiatorSpi)
                .putLong(responderSpi)
                .put(octets)
                .putShort((short) port)
                .array();
        try {
            return Bytes.copyOf(MessageDigest.getInstance("SHA-1").digest(input));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("the JDK's SHA-1", e);
        }
    }
}
