package slash32.bgp.speaker;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import slash32.bgp.wire.Framer;

/// Octets of a connection that are not a whole message yet. Holds at most one message and one read.
final class ReceiveBuffer {
    private byte[] bytes = new byte[2 * Framer.MAX_BYTES];
    private int from;
    private int to;

    byte[] bytes() {
        return bytes;
    }

    void append(ByteBuf read) {
        int more = read.readableBytes();
        if (to + more > bytes.length) {
            System.arraycopy(bytes, from, bytes, 0, to - from);
            to -= from;
            from = 0;
            if (to + more > bytes.length) {
                bytes = Arrays.copyOf(bytes, to + more);
            }
        }
        read.readBytes(bytes, to, more);
        to += more;
    }

    /// What the octets begin with.
    ///
    /// @param maxBytes the longest message that is allowed
    Framer.Frame next(int maxBytes) {
        return Framer.at(bytes, from, to, maxBytes);
    }

    int position() {
        return from;
    }

    void consume(int length) {
        from += length;
    }
}
