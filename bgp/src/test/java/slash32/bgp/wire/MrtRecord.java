package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import slash32.bgp.mrt.MrtEncoder;
import slash32.bgp.mrt.MrtEntry;
import slash32.bgp.mrt.MrtPeer;
import slash32.bgp.mrt.MrtSession;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionState;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// An MRT record as a value: what {@link MrtEncoder} is given for it, and what its octets are read as.
public sealed interface MrtRecord {
    /// RFC 6396 §4.3.1.
    record PeerIndexTable(long seconds, BgpIdentifier collector, String view, List<MrtPeer> peers)
            implements MrtRecord {}

    /// RFC 6396 §4.3.2, 4.3.3, RFC 8050 §4.
    record Rib(long seconds, AddressFamily family, int sequence, Nlri route, List<MrtEntry> entries)
            implements MrtRecord {}

    /// RFC 6396 §4.4.2, 4.4.3, RFC 8050 §3.
    record PeerMessage(long seconds, MrtSession session, boolean fourOctetAs, boolean paths, Bytes message)
            implements MrtRecord {}

    /// RFC 6396 §4.4.4.
    record StateChange(long seconds, MrtSession session, SessionState before, SessionState now) implements MrtRecord {}

    /// Of the numbers of RFC 6396 §4.4.1.
    List<SessionState> STATES = List.of(
            SessionState.IDLE,
            SessionState.CONNECT,
            SessionState.ACTIVE,
            SessionState.OPEN_SENT,
            SessionState.OPEN_CONFIRM,
            SessionState.ESTABLISHED);

    List<AddressFamily> OWN_SUBTYPES = List.of(
            AddressFamily.IPV4_UNICAST,
            AddressFamily.IPV4_MULTICAST,
            AddressFamily.IPV6_UNICAST,
            AddressFamily.IPV6_MULTICAST);

    int RIB_GENERIC = 6;

    default byte[] encode() {
        return switch (this) {
            case PeerIndexTable(long seconds, BgpIdentifier collector, String view, List<MrtPeer> peers) ->
                MrtEncoder.peerIndexTable(seconds, collector, view, peers);
            case Rib(long seconds, AddressFamily family, int sequence, Nlri.Plain plain, List<MrtEntry> entries) ->
                MrtEncoder.rib(
                        seconds,
                        family,
                        sequence,
                        RibDelta.high(plain.prefix()),
                        RibDelta.low(plain.prefix()),
                        plain.prefix().length(),
                        entries);
            case Rib(long seconds, AddressFamily family, int sequence, Nlri route, List<MrtEntry> entries) ->
                MrtEncoder.generic(seconds, family, sequence, route, entries);
            case PeerMessage(long seconds, MrtSession session, boolean four, boolean paths, Bytes message) ->
                MrtEncoder.message(seconds, session, four, paths, message);
            case StateChange(long seconds, MrtSession session, SessionState before, SessionState now) ->
                MrtEncoder.stateChange(seconds, session, before, now);
        };
    }

    /// Reads whole records that are well-formed.
    static List<MrtRecord> decode(byte[] bytes) {
        var in = new Reader(bytes, 0, bytes.length);
        var records = new ArrayList<MrtRecord>();
        while (in.remaining() > 0) {
            long seconds = in.u32();
            int type = in.u16();
            int subtype = in.u16();
            Reader body = in.slice((int) in.u32());
            records.add(
                    switch (type) {
                        case 13 -> subtype == 1 ? peers(seconds, body) : rib(seconds, subtype, body);
                        case 16 -> log(seconds, subtype, body);
                        default -> throw new AssertionError("MRT type " + type);
                    });
            if (body.remaining() > 0) {
                throw new AssertionError("a record of type " + type + " with more behind it");
            }
        }
        return records;
    }

    private static MrtRecord peers(long seconds, Reader body) {
        var collector = new BgpIdentifier(body.i32());
        String view = new String(body.slice(body.u16()).rest().toArray(), java.nio.charset.StandardCharsets.UTF_8);
        var peers = new ArrayList<MrtPeer>();
        for (int left = body.u16(); left > 0; left--) {
            int kind = body.u8();
            var identifier = new BgpIdentifier(body.i32());
            IpAddress address = address((kind & 1) != 0, body);
            peers.add(new MrtPeer(identifier, address, new Asn((kind & 2) != 0 ? body.u32() : body.u16())));
        }
        return new PeerIndexTable(seconds, collector, view, peers);
    }

    private static MrtRecord rib(long seconds, int subtype, Reader body) {
        boolean paths = subtype > 7;
        int kind = paths ? subtype - 6 : subtype;
        int sequence = body.i32();
        boolean generic = kind == RIB_GENERIC;
        AddressFamily family = generic ? new AddressFamily(body.u16(), body.u8()) : OWN_SUBTYPES.get(kind - 2);
        int pathId = generic && paths ? body.i32() : 0;
        int from = body.position();
        Nlri route = Objects.requireNonNull(NlriCodec.one(family, pathId, false, body));
        Bytes nlri = Bytes.copyOf(body.array(), from, body.position() - from);
        var entries = new ArrayList<MrtEntry>();
        for (int left = body.u16(); left > 0; left--) {
            int peer = body.u16();
            body.u32(); // when it came
            int entryPath = !generic && paths ? body.i32() : pathId;
            entries.add(new MrtEntry(peer, entryPath, attributes(family, nlri, body.slice(body.u16()))));
        }
        return new Rib(seconds, family, sequence, route, entries);
    }

    /// Those of an UPDATE that announces the route: MP_REACH_NLRI has only the next hop here (RFC 6396 §4.3.4).
    private static PathAttributes attributes(AddressFamily family, Bytes nlri, Reader block) {
        var whole = new ByteArrayOutputStream();
        boolean classic = true;
        while (block.remaining() > 0) {
            int flags = block.u8() & ~AttributeCode.EXTENDED_LENGTH;
            int type = block.u8();
            boolean extended = (block.array()[block.position() - 2] & AttributeCode.EXTENDED_LENGTH) != 0;
            Bytes value = block.slice(extended ? block.u16() : block.u8()).rest();
            if (type == AttributeCode.MP_REACH_NLRI) {
                var reach = new ByteArrayOutputStream();
                MessageEncoder.u16(family.afi(), reach);
                reach.write(family.safi());
                reach.writeBytes(value.toArray());
                reach.write(0);
                reach.writeBytes(nlri.toArray());
                value = Bytes.copyOf(reach.toByteArray());
                classic = false;
            }
            AttributeEncoder.header(flags, type, value.length(), whole);
            whole.writeBytes(value.toArray());
        }
        var body = new ByteArrayOutputStream();
        MessageEncoder.u16(0, body);
        MessageEncoder.u16(whole.size(), body);
        body.writeBytes(whole.toByteArray());
        body.writeBytes(classic ? nlri.toArray() : new byte[0]);
        var terms = new Terms(true, true, Set.of(family), Set.of(), Set.of(), true, Set.of(family));
        Update update = new UpdateDecoder(terms).decode(body.toByteArray(), 0, body.size());
        return Objects.requireNonNull(update.announced().getFirst().attributes(), update.faults()::toString);
    }

    private static MrtRecord log(long seconds, int subtype, Reader body) {
        boolean four = subtype == 4 || subtype == 5 || subtype == 9;
        var peerAs = new Asn(four ? body.u32() : body.u16());
        var localAs = new Asn(four ? body.u32() : body.u16());
        body.u16(); // interface index
        boolean ipv6 = body.u16() == 2;
        var session = new MrtSession(peerAs, localAs, address(ipv6, body), address(ipv6, body));
        if (subtype == 0 || subtype == 5) {
            return new StateChange(seconds, session, STATES.get(body.u16() - 1), STATES.get(body.u16() - 1));
        }
        return new PeerMessage(
                seconds,
                session,
                four,
                subtype > 7,
                body.slice(body.remaining()).rest());
    }

    private static IpAddress address(boolean ipv6, Reader in) {
        return IpAddress.of(in.slice(ipv6 ? 16 : 4).rest().toArray());
    }
}
