package slash32.bgp.speaker.monitor;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.bgp.mrt.MrtEncoder;
import slash32.bgp.mrt.MrtEntry;
import slash32.bgp.mrt.MrtPeer;
import slash32.bgp.rib.LocRib;
import slash32.bgp.speaker.KnownPeer;
import slash32.bgp.speaker.Monitoring;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.PathAttributes;

/// Writes all paths of all peers, as import left them, as a TABLE_DUMP_V2 (RFC 6396 §4.3). The table may change
/// meanwhile: each prefix is as it was at some moment of the dump.
public final class TableDump {
    /// Of the table, at a time on thread {@code bgp}.
    private static final int PREFIXES_AT_ONCE = 2_048;

    private final Monitoring monitoring;
    private final BgpIdentifier identifier;

    public TableDump(Monitoring monitoring, BgpIdentifier identifier) {
        this.monitoring = monitoring;
        this.identifier = identifier;
    }

    /// Writes a dump; on the caller's thread, which waits for the speaker and for {@code out}.
    public void write(OutputStream out) throws IOException {
        long seconds = Instant.now().getEpochSecond();
        List<KnownPeer> peers = monitoring.ask(monitoring::peers);
        var index = new HashMap<Integer, Integer>();
        var table = new ArrayList<MrtPeer>();
        for (KnownPeer peer : peers) {
            index.put(peer.number(), table.size());
            table.add(new MrtPeer(peer.identifier(), peer.address(), peer.asn()));
        }
        out.write(MrtEncoder.peerIndexTable(seconds, identifier, "", table));
        int sequence = 0;
        for (AddressFamily family : monitoring.families()) {
            LocRib.Walk walk = monitoring.walk(family);
            boolean more = true;
            while (more) {
                var part = new Part(monitoring, seconds, family, index, sequence);
                more = monitoring.ask(() -> walk.advance(PREFIXES_AT_ONCE, part));
                part.end();
                for (byte[] record : part.records) {
                    out.write(record);
                }
                sequence = part.sequence;
            }
        }
        out.flush();
    }

    /// Some prefixes.
    private static final class Part implements LocRib.PathVisitor {
        private final Monitoring monitoring;
        private final long seconds;
        private final AddressFamily family;
        private final Map<Integer, Integer> index;
        private final List<byte[]> records = new ArrayList<>();
        private final List<MrtEntry> entries = new ArrayList<>();
        private int sequence;
        private long high;
        private long low;
        private int length;
        /// In a family that is not plain prefixes; else null.
        private @Nullable Nlri route;

        Part(Monitoring monitoring, long seconds, AddressFamily family, Map<Integer, Integer> index, int sequence) {
            this.monitoring = monitoring;
            this.seconds = seconds;
            this.family = family;
            this.index = index;
            this.sequence = sequence;
        }

        @Override
        public void path(int peer, int id, long h, long l, int bits, PathAttributes attributes, boolean best) {
            Integer number = index.get(peer);
            if (number == null) {
                return; // it came after the index was written
            }
            Nlri named = family.isPrefixes() ? null : monitoring.route(family, h, id, attributes);
            if (h != high || l != low || bits != length || !Objects.equals(named, route)) {
                end();
                route = named;
                high = h;
                low = l;
                length = bits;
            }
            entries.add(new MrtEntry(number, id, attributes));
        }

        void end() {
            if (!entries.isEmpty()) {
                records.add(
                        route == null
                                ? MrtEncoder.rib(seconds, family, sequence, high, low, length, entries)
                                : MrtEncoder.generic(seconds, family, sequence, route, entries));
                sequence++;
                entries.clear();
            }
        }
    }
}
