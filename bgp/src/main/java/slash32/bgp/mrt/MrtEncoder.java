package slash32.bgp.mrt;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AttributeEncoder;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// Encodes MRT records. Each result is a whole record with its header (RFC 6396 §2), a fresh array.
public final class MrtEncoder {
    private static final int TABLE_DUMP_V2 = 13;
    private static final int PEER_INDEX_TABLE = 1;
    /// That of multicast is the next number.
    private static final int RIB_IPV4_UNICAST = 2;

    private static final int RIB_IPV6_UNICAST = 4;
    private static final int RIB_GENERIC = 6;
    /// RFC 8050 §4: how much farther the same with path identifiers is.
    private static final int RIB_ADDPATH = 6;

    private static final int BGP4MP = 16;
    private static final int MESSAGE = 1;
    private static final int MESSAGE_AS4 = 4;
    private static final int STATE_CHANGE_AS4 = 5;
    /// RFC 8050 §3.
    private static final int MESSAGE_ADDPATH = 8;

    private static final int MESSAGE_AS4_ADDPATH = 9;

    private static final int HEADER_BYTES = 12;
    private static final int LONGEST = 0xffff;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

    private MrtEncoder(long seconds, int type, int subtype) {
        number(4, seconds);
        number(2, type);
        number(2, subtype);
        number(4, 0); // the length, known at the end
    }

    private byte[] end() {
        byte[] bytes = out.toByteArray();
        int length = bytes.length - HEADER_BYTES;
        for (int i = 0; i < 4; i++) {
            bytes[HEADER_BYTES - 4 + i] = (byte) (length >>> (24 - 8 * i));
        }
        return bytes;
    }

    /// The record that stands before those of a table (RFC 6396 §4.3.1).
    ///
    /// @param seconds since 1970, in this record and all others
    public static byte[] peerIndexTable(long seconds, BgpIdentifier collector, String view, List<MrtPeer> peers) {
        var record = new MrtEncoder(seconds, TABLE_DUMP_V2, PEER_INDEX_TABLE);
        byte[] name = view.getBytes(StandardCharsets.UTF_8);
        record.number(4, collector.value());
        record.number(2, name.length);
        record.out.writeBytes(name);
        record.number(2, peers.size());
        for (MrtPeer peer : peers) {
            record.number(1, peer.address().isIpv4() ? 2 : 3); // AS numbers of four octets, IPv6
            record.number(4, peer.identifier().value());
            record.out.writeBytes(peer.address().toArray());
            record.number(4, peer.asn().value());
        }
        return record.end();
    }

    /// All paths to a prefix (RFC 6396 §4.3.2). With path identifiers if one of them has any; a path whose attributes
    /// are too long for a record is left out.
    ///
    /// @param high IPv4 addresses are its upper half
    public static byte[] rib(
            long seconds, AddressFamily family, int sequence, long high, long low, int length, List<MrtEntry> entries) {
        boolean paths = entries.stream().anyMatch(entry -> entry.pathId() != 0);
        int subtype = (family.afi() == 1 ? RIB_IPV4_UNICAST : RIB_IPV6_UNICAST) + family.safi() - 1;
        var record = new MrtEncoder(seconds, TABLE_DUMP_V2, subtype + (paths ? RIB_ADDPATH : 0));
        record.number(4, sequence);
        record.number(1, length);
        for (int i = 0; i < (length + 7) / 8; i++) {
            record.number(1, i < 8 ? high >>> (56 - 8 * i) : low >>> (120 - 8 * i));
        }
        record.entries(seconds, family, paths, entries);
        return record.end();
    }

    /// All paths to a route of another family than unicast and multicast whose NLRI are the same (RFC 6396 §4.3.3).
    /// A path identifier is part of the NLRI (RFC 8050 §4.2).
    public static byte[] generic(long seconds, AddressFamily family, int sequence, Nlri route, List<MrtEntry> entries) {
        boolean path = route.pathId() != 0;
        var record = new MrtEncoder(seconds, TABLE_DUMP_V2, RIB_GENERIC + (path ? RIB_ADDPATH : 0));
        record.number(4, sequence);
        record.number(2, family.afi());
        record.number(1, family.safi());
        record.out.writeBytes(NlriParts.octets(route, path));
        record.entries(seconds, family, false, entries);
        return record.end();
    }

    private void entries(long seconds, AddressFamily family, boolean paths, List<MrtEntry> entries) {
        var body = new MrtEncoder(0, 0, 0);
        body.out.reset();
        int count = 0;
        for (MrtEntry entry : entries) {
            byte[] attributes = AttributeEncoder.forTable(family, entry.attributes());
            if (attributes.length <= LONGEST) {
                body.entry(seconds, entry, paths, attributes);
                count++;
            }
        }
        number(2, count);
        out.writeBytes(body.out.toByteArray());
    }

    /// When a path came is not kept: the time is the dump's.
    private void entry(long seconds, MrtEntry entry, boolean paths, byte[] attributes) {
        number(2, entry.peer());
        number(4, seconds);
        if (paths) {
            number(4, entry.pathId());
        }
        number(2, attributes.length);
        out.writeBytes(attributes);
    }

    /// A message that a peer sent (RFC 6396 §4.4.2, 4.4.3).
    ///
    /// @param fourOctetAs AS numbers in it have four octets
    /// @param paths its NLRI have path identifiers (RFC 8050 §3)
    public static byte[] message(long seconds, MrtSession session, boolean fourOctetAs, boolean paths, Bytes message) {
        int subtype = fourOctetAs ? (paths ? MESSAGE_AS4_ADDPATH : MESSAGE_AS4) : paths ? MESSAGE_ADDPATH : MESSAGE;
        var record = new MrtEncoder(seconds, BGP4MP, subtype);
        record.session(session, fourOctetAs);
        record.out.writeBytes(message.toArray());
        return record.end();
    }

    /// RFC 6396 §4.4.4.
    public static byte[] stateChange(long seconds, MrtSession session, SessionState before, SessionState now) {
        var record = new MrtEncoder(seconds, BGP4MP, STATE_CHANGE_AS4);
        record.session(session, true);
        record.number(2, number(before));
        record.number(2, number(now));
        return record.end();
    }

    /// RFC 6396 §4.4.1.
    private static int number(SessionState state) {
        return switch (state) {
            case IDLE -> 1;
            case CONNECT -> 2;
            case ACTIVE -> 3;
            case OPEN_SENT -> 4;
            case OPEN_CONFIRM -> 5;
            case ESTABLISHED -> 6;
        };
    }

    private void session(MrtSession session, boolean fourOctetAs) {
        as(session.peerAs(), fourOctetAs);
        as(session.localAs(), fourOctetAs);
        number(2, 0); // no interface index
        number(2, session.peer().isIpv4() ? 1 : 2);
        address(session.peer());
        address(session.local());
    }

    private void as(Asn asn, boolean four) {
        number(four ? 4 : 2, (four || asn.fitsTwoOctets() ? asn : Asn.TRANS).value());
    }

    private void address(IpAddress address) {
        out.writeBytes(address.toArray());
    }

    private void number(int octets, long value) {
        for (int shift = 8 * octets - 8; shift >= 0; shift -= 8) {
            out.write((int) (value >>> shift));
        }
    }
}
