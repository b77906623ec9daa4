package slash32.bgp.bfd;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A BFD Control packet (RFC 5880 §4.1) without authentication.
///
/// Mutable, because one is reused for all that a thread receives or sends. Intervals are in microseconds.
public final class ControlPacket {
    public static final int BYTES = 24;

    private static final int VERSION = 1;
    private static final int POLL = 0x20;
    private static final int FINAL = 0x10;
    private static final int CONTROL_PLANE_INDEPENDENT = 0x08;
    private static final int AUTHENTICATED = 0x04;
    private static final int DEMAND = 0x02;
    private static final int MULTIPOINT = 0x01;

    Diagnostic diagnostic = Diagnostic.NONE;
    BfdState state = BfdState.DOWN;
    boolean poll;
    boolean isFinal;
    boolean controlPlaneIndependent;
    boolean demand;
    int multiplier;
    int myDiscriminator;
    int yourDiscriminator;
    long desiredMinTxMicros;
    long requiredMinRxMicros;

    /// Reads the first {@code length} octets of {@code from}, whatever its position.
    ///
    /// @return null if it is well formed by RFC 5880 §6.8.6
    public @Nullable Discard decode(ByteBuffer from, int length) {
        if (length < BYTES) {
            return Discard.MALFORMED;
        }
        int first = from.get(0) & 0xff;
        int second = from.get(1) & 0xff;
        int stated = from.get(3) & 0xff;
        boolean authenticated = (second & AUTHENTICATED) != 0;
        multiplier = from.get(2) & 0xff;
        myDiscriminator = from.getInt(4);
        if (first >>> 5 != VERSION
                || stated < (authenticated ? BYTES + 2 : BYTES)
                || stated > length
                || multiplier == 0
                || (second & MULTIPOINT) != 0
                || myDiscriminator == 0) {
            return Discard.MALFORMED;
        }
        diagnostic = Diagnostic.of(first & 0x1f);
        state = BfdState.of(second >>> 6);
        poll = (second & POLL) != 0;
        isFinal = (second & FINAL) != 0;
        controlPlaneIndependent = (second & CONTROL_PLANE_INDEPENDENT) != 0;
        demand = (second & DEMAND) != 0;
        yourDiscriminator = from.getInt(8);
        desiredMinTxMicros = from.getInt(12) & 0xffff_ffffL;
        requiredMinRxMicros = from.getInt(16) & 0xffff_ffffL;
        if (yourDiscriminator == 0 && state != BfdState.DOWN && state != BfdState.ADMIN_DOWN) {
            return Discard.MALFORMED;
        }
        return authenticated ? Discard.AUTHENTICATED : null;
    }

    /// Writes {@link #BYTES} octets to the front of {@code to}, whatever its position.
    public void encode(ByteBuffer to) {
        int second = state.code() << 6
                | (poll ? POLL : 0)
                | (isFinal ? FINAL : 0)
                | (controlPlaneIndependent ? CONTROL_PLANE_INDEPENDENT : 0)
                | (demand ? DEMAND : 0);
        to.put(0, (byte) (VERSION << 5 | diagnostic.code()));
        to.put(1, (byte) second);
        to.put(2, (byte) multiplier);
        to.put(3, (byte) BYTES);
        to.putInt(4, myDiscriminator);
        to.putInt(8, yourDiscriminator);
        to.putInt(12, (int) desiredMinTxMicros);
        to.putInt(16, (int) requiredMinRxMicros);
        to.putInt(20, 0); // no echo packets are answered (RFC 5880 §6.8.9)
    }

    /// Its sender's.
    public int myDiscriminator() {
        return myDiscriminator;
    }

    /// Its receiver's; 0 if the sender does not know it yet.
    public int yourDiscriminator() {
        return yourDiscriminator;
    }

    @Override
    public String toString() {
        return "%s%s%s%s%s diagnostic=%d multiplier=%d my=%08x your=%08x tx=%d rx=%d"
                .formatted(
                        state.text(),
                        poll ? " P" : "",
                        isFinal ? " F" : "",
                        controlPlaneIndependent ? " C" : "",
                        demand ? " D" : "",
                        diagnostic.code(),
                        multiplier,
                        myDiscriminator,
                        yourDiscriminator,
                        desiredMinTxMicros,
                        requiredMinRxMicros);
    }
}
