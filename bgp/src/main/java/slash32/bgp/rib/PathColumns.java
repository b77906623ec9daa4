package slash32.bgp.rib;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Column;
import slash32.net.IntColumn;

/// PathColumns in columns by row: whose each is, its attributes, and whether it is stale; 8 octets each, and 4 for path
/// identifiers where there are any. A row is empty or has a path.
final class PathColumns {
    static final int NONE = -1;

    private static final int STALE = 1;

    private final Column<PathAttributes> attributes = new Column<>();
    /// Twice the peer's number plus one, and {@link #STALE}; 0 in an empty row.
    private final IntColumn peers = new IntColumn();
    /// Without room while no path has an identifier but 0.
    private final IntColumn ids = new IntColumn();
    /// By peer the pages that may have paths of it.
    private final List<BitSet> pages = new ArrayList<>();

    /// Has room for {@code rows}.
    void resize(int rows) {
        attributes.resize(rows);
        peers.resize(rows);
        if (ids.capacity() > 0) {
            ids.resize(rows);
        }
    }

    int capacity() {
        return peers.capacity();
    }

    boolean has(int row) {
        return peers.get(row) != 0;
    }

    /// -1 for an empty row.
    int peer(int row) {
        return (peers.get(row) >> 1) - 1;
    }

    int id(int row) {
        return row < ids.capacity() ? ids.get(row) : 0;
    }

    boolean isStale(int row) {
        return (peers.get(row) & STALE) != 0;
    }

    @Nullable
    PathAttributes attributes(int row) {
        return attributes.get(row);
    }

    void set(int row, int peer, int id, PathAttributes value) {
        attributes.set(row, value);
        peers.set(row, (peer + 1) << 1);
        setId(row, id);
        mark(peer, row);
    }

    /// Gives the path in the row other attributes.
    void set(int row, PathAttributes value) {
        attributes.set(row, value);
    }

    void stale(int row, boolean stale) {
        int peer = peers.get(row);
        peers.set(row, stale ? peer | STALE : peer & ~STALE);
    }

    void clear(int row) {
        attributes.set(row, null);
        peers.set(row, 0);
        setId(row, 0);
    }

    /// Puts what is in {@code fromRow} of {@code from} into {@code row}, and empties its place.
    void take(int row, PathColumns from, int fromRow) {
        int peer = from.peers.get(fromRow);
        int id = from.id(fromRow);
        PathAttributes value = from.attributes.get(fromRow);
        from.clear(fromRow);
        put(row, peer, id, value);
    }

    /// Exchanges two rows.
    void swap(int row, PathColumns other, int otherRow) {
        int peer = peers.get(row);
        int id = id(row);
        PathAttributes value = attributes.get(row);
        put(row, other.peers.get(otherRow), other.id(otherRow), other.attributes.get(otherRow));
        other.put(otherRow, peer, id, value);
    }

    private void put(int row, int peer, int id, @Nullable PathAttributes value) {
        attributes.set(row, value);
        peers.set(row, peer);
        setId(row, id);
        if (peer != 0) {
            mark((peer >> 1) - 1, row);
        }
    }

    private void setId(int row, int id) {
        if (id != 0 && ids.capacity() == 0) {
            ids.resize(capacity());
        }
        if (ids.capacity() > 0) {
            ids.set(row, id);
        }
    }

    private void mark(int peer, int row) {
        while (pages.size() <= peer) {
            pages.add(new BitSet());
        }
        pages.get(peer).set(row >>> IntColumn.PAGE_BITS);
    }

    /// The first row from {@code from} on with a path of the peer; -1 if there is none. Looks at the pages that may
    /// have one.
    int next(int peer, int from) {
        if (peer >= pages.size()) {
            return NONE;
        }
        BitSet its = pages.get(peer);
        int row = from;
        for (int page = its.nextSetBit(row >>> IntColumn.PAGE_BITS); page >= 0; page = its.nextSetBit(page + 1)) {
            int end = (page + 1) << IntColumn.PAGE_BITS;
            for (row = Math.max(row, page << IntColumn.PAGE_BITS); row < end; row++) {
                if (peer(row) == peer) {
                    return row;
                }
            }
        }
        return NONE;
    }

    /// The peer has no path any more.
    void forget(int peer) {
        if (peer < pages.size()) {
            pages.get(peer).clear();
        }
    }

    /// Rows were moved: finds out anew which pages have paths of whom.
    void markAll() {
        pages.forEach(BitSet::clear);
        for (int row = 0; row < capacity(); row++) {
            if (has(row)) {
                mark(peer(row), row);
            }
        }
    }

    long octets() {
        return attributes.octets() + peers.octets() + ids.octets();
    }
}
