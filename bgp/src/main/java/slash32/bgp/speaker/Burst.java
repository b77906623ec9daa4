package slash32.bgp.speaker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/// UPDATE messages that several peers are given at once, one copy of their octets for all of them. On thread {@code
/// bgp}.
final class Burst {
    private final ByteBuf octets;
    private final List<Part> parts = new ArrayList<>();
    private int from;
    private int updates;

    /// Messages of routes from one peer, which is not given them (RFC 4456 §6).
    private record Part(int start, int end, int source, int updates) {}

    /// An empty burst that somebody must {@link #release}.
    Burst(ByteBufAllocator allocator, int bytes) {
        octets = allocator.directBuffer(bytes);
    }

    void add(byte[] message) {
        octets.writeBytes(message);
        updates++;
    }

    int bytes() {
        return octets.writerIndex();
    }

    /// What was added since the last call is of routes of the peer {@code source}.
    void from(int source) {
        int end = octets.writerIndex();
        if (end > from) {
            parts.add(new Part(from, end, source, updates));
            from = end;
            updates = 0;
        }
    }

    /// Gives each of {@code members} all but its own.
    void writeTo(List<OutQueue> members) {
        for (OutQueue member : members) {
            int start = 0;
            int count = 0;
            for (Part part : parts) {
                if (part.source() == member.number()) {
                    write(member, start, part.start(), count);
                    start = part.end();
                    count = 0;
                } else {
                    count += part.updates();
                }
            }
            write(member, start, from, count);
            member.flush();
        }
    }

    private void write(OutQueue member, int start, int end, int count) {
        if (end > start) {
            member.write(octets.retainedSlice(start, end - start), count);
        }
    }

    void release() {
        octets.release();
    }
}
