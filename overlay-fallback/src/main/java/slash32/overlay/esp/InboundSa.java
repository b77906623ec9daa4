package slash32.overlay.esp;

import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.ChildSa;

/// The direction of a Child SA that we receive on (RFC 4303 §3.4).
///
/// Owned by one thread, but for {@link #traffic}.
public final class InboundSa {
    /// From {@link #open}: seen before, or too old to tell.
    public static final int REPLAYED = -1;

    /// From {@link #open}: its integrity check value is wrong.
    public static final int NOT_AUTHENTIC = -2;

    /// From {@link #open}: too short, or its padding is longer than it is.
    public static final int MALFORMED = -3;

    private static final int LEAST_BYTES = OutboundSa.HEADER_BYTES + 4 + EspCipher.TAG_BYTES;

    private final ChildSa child;
    private final EspCipher cipher;
    private final ReplayWindow window;
    private final Traffic traffic = new Traffic();
    private int nextHeader;
    private boolean newest;
    /// Where the newest packet came from.
    private IpAddress peerAddress;

    private int peerPort;

    public InboundSa(ChildSa child) {
        this.child = child;
        peerAddress = child.path().remote();
        peerPort = child.path().remotePort();
        cipher = new EspCipher(child.inboundSpi(), child.inboundKey(), child.esn());
        window = new ReplayWindow(child.esn());
    }

    public ChildSa child() {
        return child;
    }

    public Traffic traffic() {
        return traffic;
    }

    /// The SPI of what may be an ESP packet of four octets at least.
    public static int spi(byte[] packet, int at) {
        return EspCipher.intAt(packet, at);
    }

    /// How many octets {@link #open} may write for a packet of {@code length}.
    public static int openedBytes(int length) {
        return Math.max(0, length - OutboundSa.HEADER_BYTES - EspCipher.TAG_BYTES);
    }

    /// Writes what is in an ESP packet of this SA to {@code out}, and its padding and trailer behind it. An int and
    /// not a value of its own, so that a packet costs no garbage of ours.
    ///
    /// @return the length of what was in it; else why it was refused, and {@code out} may have changed
    public int open(byte[] packet, int at, int length, byte[] out, int outAt) {
        if (length < LEAST_BYTES || (length & 3) != 0) {
            return MALFORMED;
        }
        long sequence = window.sequence(EspCipher.intAt(packet, at + 4));
        if (!window.isFresh(sequence)) {
            return REPLAYED;
        }
        long iv = EspCipher.longAt(packet, at + 8);
        int sealed = length - OutboundSa.HEADER_BYTES;
        if (!cipher.open(sequence, iv, packet, at + OutboundSa.HEADER_BYTES, sealed, out, outAt)) {
            return NOT_AUTHENTIC;
        }
        window.accept(sequence);
        newest = window.isNewest(sequence);
        int opened = sealed - EspCipher.TAG_BYTES;
        int padding = out[outAt + opened - 2] & 0xff;
        int inside = opened - OutboundSa.TRAILER_BYTES - padding;
        if (inside < 0) {
            return MALFORMED;
        }
        nextHeader = out[outAt + opened - 1] & 0xff;
        traffic.add(inside);
        return inside;
    }

    /// Whether the peer has moved, or its NAT has forgotten it: what was opened last came from elsewhere than what it
    /// sent before. One that was overtaken on its way, or held back by somebody, says nothing.
    public boolean movedTo(IpAddress from, int port) {
        if (!newest || (port == peerPort && from.equals(peerAddress))) {
            return false;
        }
        peerAddress = from;
        peerPort = port;
        return true;
    }

    /// The protocol of what was opened last.
    public int nextHeader() {
        return nextHeader;
    }
}
