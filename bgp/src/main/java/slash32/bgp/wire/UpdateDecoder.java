package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// Decodes UPDATE messages of one session (RFC 4271 §4.3, RFC 4760 §3, RFC 7606).
///
/// A block of path attributes that was seen before is not decoded again: it is found by its bytes, and routes share
/// the
/// one {@link PathAttributes}. Structure comes first, legality second, so that what can be withdrawn is withdrawn.
/// Owned by one thread.
public final class UpdateDecoder {
    private static final int CACHED_BLOCKS_MAX = 65_536;

    private final Terms terms;
    private final Map<BlockKey, Block> cache = new HashMap<>();
    private byte[] scratch = new byte[Framer.MAX_BYTES];

    public UpdateDecoder(Terms terms) {
        this.terms = terms;
    }

    /// A block's bytes without the NLRI of MP_REACH and without MP_UNREACH.
    private record BlockKey(Bytes bytes, boolean announcesIpv4, boolean announces) {}

    private record Block(@Nullable PathAttributes attributes, List<AttributeFault> faults, Fate fate) {}

    /// Where the attributes of one message are.
    private static final class Layout {
        final List<AttributeFault> faults = new ArrayList<>();
        final List<AddressFamily> ignored = new ArrayList<>();
        int scratchLength;

        @Nullable
        AddressFamily reachFamily;

        @Nullable
        IpAddress reachNextHop;

        @Nullable
        NlriSlice reach;

        @Nullable
        AddressFamily unreachFamily;

        @Nullable
        NlriSlice unreach;
    }

    /// Decodes the body of an UPDATE, which is {@code bytes[from, to)}; they must stay unchanged while the slices of
    /// the
    /// result are in use.
    public Update decode(byte[] bytes, int from, int to) {
        var message = new Reader(bytes, from, to);
        if (message.remaining() < 4) {
            return Update.reset(AttributeFault.reset(0, NotificationCode.MALFORMED_ATTRIBUTE_LIST));
        }
        int withdrawnLength = message.u16();
        if (withdrawnLength + 2 > message.remaining()) {
            return Update.reset(AttributeFault.reset(0, NotificationCode.MALFORMED_ATTRIBUTE_LIST));
        }
        NlriSlice withdrawn = NlriSlice.check(AddressFamily.IPV4_UNICAST, message.slice(withdrawnLength));
        int attributesLength = message.u16();
        if (attributesLength > message.remaining()) {
            return Update.reset(AttributeFault.reset(0, NotificationCode.MALFORMED_ATTRIBUTE_LIST));
        }
        Reader block = message.slice(attributesLength);
        NlriSlice announced = NlriSlice.check(AddressFamily.IPV4_UNICAST, message);
        if (withdrawn == null || announced == null) {
            return Update.reset(AttributeFault.reset(0, NotificationCode.INVALID_NETWORK_FIELD));
        }
        var layout = new Layout();
        walk(block, layout);
        return assemble(withdrawn, announced, layout, attributesLength);
    }

    private Update assemble(NlriSlice withdrawn, NlriSlice announced, Layout layout, int attributesLength) {
        Fate fate = worst(layout.faults, Fate.ACCEPT);
        if (fate == Fate.SESSION_RESET) {
            return new Update(fate, layout.faults, null, List.of(), List.of(), null, List.of());
        }
        boolean ipv4 = terms.families().contains(AddressFamily.IPV4_UNICAST);
        var gone = new ArrayList<NlriSlice>(2);
        var come = new ArrayList<NlriSlice>(2);
        add(gone, ipv4 ? withdrawn : null);
        add(gone, layout.unreach);
        add(come, ipv4 ? announced : null);
        add(come, layout.reach);
        boolean announces = !announced.isEmpty() || layout.reachFamily != null;
        List<AttributeFault> faults = layout.faults;
        PathAttributes attributes = null;
        if (announces || layout.scratchLength > 0) {
            Block decoded = block(layout, !announced.isEmpty(), announces);
            if (!decoded.faults().isEmpty()) {
                faults = new ArrayList<>(layout.faults);
                faults.addAll(decoded.faults());
            }
            fate = worst(decoded.faults(), fate);
            attributes = announces && fate.compareTo(Fate.TREAT_AS_WITHDRAW) < 0 ? decoded.attributes() : null;
        }
        if (fate == Fate.SESSION_RESET) {
            return new Update(fate, faults, null, List.of(), List.of(), null, List.of());
        }
        AddressFamily endOfRib = endOfRib(withdrawn, announced, layout, attributesLength);
        return new Update(fate, faults, attributes, gone, come, endOfRib, layout.ignored);
    }

    /// RFC 4724 §2: an UPDATE with nothing in it, or with an empty MP_UNREACH_NLRI and nothing else.
    private static @Nullable AddressFamily endOfRib(
            NlriSlice withdrawn, NlriSlice announced, Layout layout, int attributesLength) {
        if (!withdrawn.isEmpty() || !announced.isEmpty()) {
            return null;
        }
        if (attributesLength == 0) {
            return AddressFamily.IPV4_UNICAST;
        }
        boolean onlyUnreach = layout.scratchLength == 0 && layout.reachFamily == null;
        return onlyUnreach && layout.unreach != null && layout.unreach.isEmpty() ? layout.unreachFamily : null;
    }

    private static void add(List<NlriSlice> slices, @Nullable NlriSlice slice) {
        if (slice != null && !slice.isEmpty()) {
            slices.add(slice);
        }
    }

    private static Fate worst(List<AttributeFault> faults, Fate least) {
        Fate worst = least;
        for (AttributeFault fault : faults) {
            worst = worst.worse(fault.fate());
        }
        return worst;
    }

    /// Finds every attribute, takes the MP ones out and copies the others to the scratch as the block's key.
    private void walk(Reader block, Layout layout) {
        var seen = new BitSet(256);
        while (block.remaining() > 0) {
            int start = block.position();
            boolean extended = (block.array()[start] & AttributeCode.EXTENDED_LENGTH) != 0;
            if (block.remaining() < (extended ? 4 : 3)) {
                layout.faults.add(AttributeFault.withdraw(0, NotificationCode.MALFORMED_ATTRIBUTE_LIST));
                return; // RFC 7606 §4: the block ends in the middle of a header
            }
            int flags = block.u8();
            int type = block.u8();
            int length = extended ? block.u16() : block.u8();
            if (length > block.remaining()) {
                boolean nlriLost = type == AttributeCode.MP_REACH_NLRI || type == AttributeCode.MP_UNREACH_NLRI;
                layout.faults.add(
                        nlriLost
                                ? AttributeFault.reset(type, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR)
                                : AttributeFault.withdraw(type, NotificationCode.ATTRIBUTE_LENGTH_ERROR));
                return;
            }
            Reader value = block.slice(length);
            boolean repeated = seen.get(type);
            seen.set(type);
            switch (type) {
                case AttributeCode.MP_REACH_NLRI, AttributeCode.MP_UNREACH_NLRI -> {
                    if (repeated) {
                        layout.faults.add(AttributeFault.reset(type, NotificationCode.MALFORMED_ATTRIBUTE_LIST));
                        return;
                    }
                    multiprotocol(type, flags, value, layout);
                }
                default -> {
                    if (repeated) {
                        layout.faults.add(AttributeFault.discard(type, NotificationCode.MALFORMED_ATTRIBUTE_LIST));
                    } else {
                        keep(block.array(), start, block.position() - start, layout);
                    }
                }
            }
        }
    }

    private void keep(byte[] bytes, int start, int length, Layout layout) {
        if (scratch.length < layout.scratchLength + length) {
            scratch = Arrays.copyOf(scratch, Math.max(2 * scratch.length, layout.scratchLength + length));
        }
        System.arraycopy(bytes, start, scratch, layout.scratchLength, length);
        layout.scratchLength += length;
    }

    private void multiprotocol(int type, int flags, Reader value, Layout layout) {
        if ((flags & (AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE)) != AttributeCode.OPTIONAL) {
            layout.faults.add(AttributeFault.withdraw(type, NotificationCode.ATTRIBUTE_FLAGS_ERROR));
        }
        if (value.remaining() < 3) {
            layout.faults.add(AttributeFault.reset(type, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
            return;
        }
        var family = new AddressFamily(value.u16(), value.u8());
        boolean agreed = terms.families().contains(family);
        if (!agreed) {
            layout.ignored.add(family);
        }
        if (type == AttributeCode.MP_UNREACH_NLRI) {
            layout.unreachFamily = family;
            layout.unreach = agreed ? prefixes(type, family, value, layout) : null;
        } else {
            reach(family, agreed, value, layout);
        }
    }

    /// RFC 7606 §7.11: a next hop of the wrong length leaves no way to find the NLRI, so the session goes.
    private static void reach(AddressFamily family, boolean agreed, Reader value, Layout layout) {
        int type = AttributeCode.MP_REACH_NLRI;
        int nextHopLength = value.remaining() < 2 ? -1 : value.u8();
        if (nextHopLength < 0 || nextHopLength + 1 > value.remaining()) {
            layout.faults.add(AttributeFault.reset(type, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
            return;
        }
        Reader nextHop = value.slice(nextHopLength);
        value.u8(); // reserved; RFC 4760 §3: ignored on receipt
        if (!agreed) {
            return;
        }
        boolean fits = family.equals(AddressFamily.IPV4_UNICAST)
                ? nextHopLength == 4
                : nextHopLength == 16 || nextHopLength == 32;
        if (!fits) {
            layout.faults.add(AttributeFault.reset(type, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
            return;
        }
        layout.reachFamily = family;
        layout.reach = prefixes(type, family, value, layout);
        layout.reachNextHop = nextHopLength == 4
                ? new slash32.net.Ipv4Address(nextHop.i32())
                : new Ipv6Address(nextHop.i64(), nextHop.i64());
        if (layout.reachNextHop.isUnspecified() || layout.reachNextHop.isMulticast()) {
            layout.faults.add(AttributeFault.withdraw(type, NotificationCode.INVALID_NEXT_HOP));
        }
    }

    private static @Nullable NlriSlice prefixes(int type, AddressFamily family, Reader value, Layout layout) {
        NlriSlice slice = NlriSlice.check(family, value);
        if (slice == null) {
            layout.faults.add(AttributeFault.reset(type, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
        }
        return slice;
    }

    private Block block(Layout layout, boolean announcesIpv4, boolean announces) {
        int length = layout.scratchLength;
        if (layout.reachNextHop != null) {
            byte[] nextHop = layout.reachNextHop.toArray();
            keep(nextHop, 0, nextHop.length, layout);
        }
        var key = new BlockKey(Bytes.copyOf(scratch, 0, layout.scratchLength), announcesIpv4, announces);
        Block known = cache.get(key);
        if (known == null) {
            known = decodeBlock(new Reader(scratch, 0, length), layout.reachNextHop, announcesIpv4, announces);
            if (cache.size() >= CACHED_BLOCKS_MAX) {
                cache.clear();
            }
            cache.put(key, known);
        }
        return known;
    }

    private Block decodeBlock(
            Reader block, @Nullable IpAddress reachNextHop, boolean announcesIpv4, boolean announces) {
        var attributes = new AttributeDecoders.Attributes(terms);
        var faults = new ArrayList<AttributeFault>();
        var present = new BitSet(256);
        while (block.remaining() > 0) {
            int flags = block.u8();
            int type = block.u8();
            Reader value = block.slice((flags & AttributeCode.EXTENDED_LENGTH) != 0 ? block.u16() : block.u8());
            present.set(type);
            AttributeFault fault = one(flags, type, value, attributes);
            if (fault != null) {
                faults.add(fault);
            }
        }
        if (announces) {
            requireMandatory(present, announcesIpv4, faults);
        }
        attributes.builder.asPath(mergedAsPath(attributes));
        if (reachNextHop != null && !announcesIpv4) {
            attributes.builder.nextHop(reachNextHop);
        }
        return new Block(attributes.builder.build(), List.copyOf(faults), worst(faults, Fate.ACCEPT));
    }

    private static @Nullable AttributeFault one(
            int flags, int type, Reader value, AttributeDecoders.Attributes attributes) {
        AttributeDecoders.Row row = AttributeDecoders.ROWS.get(type);
        int kind = flags & (AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE);
        if (row == null) {
            if ((flags & AttributeCode.OPTIONAL) == 0) {
                return AttributeFault.reset(type, NotificationCode.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE);
            }
            if ((flags & AttributeCode.TRANSITIVE) != 0) {
                int kept = (flags | AttributeCode.PARTIAL) & ~AttributeCode.EXTENDED_LENGTH; // RFC 4271 §5
                attributes.builder.other(kept & 0xf0, type, value.rest());
            }
            return null;
        }
        boolean partialWellKnown = row.flags() == AttributeCode.TRANSITIVE && (flags & AttributeCode.PARTIAL) != 0;
        if (kind != row.flags() || partialWellKnown) {
            return AttributeFault.withdraw(type, NotificationCode.ATTRIBUTE_FLAGS_ERROR); // RFC 7606 §3 c
        }
        return row.decoder().decode(value, attributes);
    }

    /// RFC 7606 §3 d.
    private void requireMandatory(BitSet present, boolean announcesIpv4, List<AttributeFault> faults) {
        require(AttributeCode.ORIGIN, present, faults);
        require(AttributeCode.AS_PATH, present, faults);
        if (announcesIpv4) {
            require(AttributeCode.NEXT_HOP, present, faults);
        }
        if (terms.internal()) {
            require(AttributeCode.LOCAL_PREF, present, faults);
        }
    }

    private static void require(int type, BitSet present, List<AttributeFault> faults) {
        if (!present.get(type)) {
            faults.add(AttributeFault.withdraw(type, NotificationCode.MISSING_WELL_KNOWN_ATTRIBUTE));
        }
    }

    /// RFC 6793 §4.2.3: a two-octet path with the four-octet numbers put back, if AS4_PATH is no longer than it.
    private static AsPath mergedAsPath(AttributeDecoders.Attributes attributes) {
        AsPath path = attributes.asPath == null ? AsPath.EMPTY : attributes.asPath;
        AsPath four = attributes.as4Path;
        if (four == null || four.length() > path.length()) {
            return path;
        }
        int lead = path.length() - four.length();
        var merged = new ArrayList<AsPath.Segment>();
        for (AsPath.Segment segment : path.segments()) {
            if (lead == 0) {
                break;
            }
            boolean whole = segment.type() != AsPath.SegmentType.SEQUENCE
                    || segment.numbers().size() <= lead;
            merged.add(
                    whole
                            ? segment
                            : new AsPath.Segment(
                                    segment.type(), segment.numbers().subList(0, lead)));
            lead -= segment.type() == AsPath.SegmentType.SEQUENCE
                    ? Math.min(lead, segment.numbers().size())
                    : 1;
        }
        four.segments().forEach(segment -> append(merged, segment));
        return new AsPath(merged);
    }

    private static void append(List<AsPath.Segment> merged, AsPath.Segment segment) {
        AsPath.Segment last = merged.isEmpty() ? null : merged.getLast();
        if (last == null
                || last.type() != AsPath.SegmentType.SEQUENCE
                || segment.type() != AsPath.SegmentType.SEQUENCE
                || last.numbers().size() + segment.numbers().size() > 255) {
            merged.add(segment);
            return;
        }
        var numbers = new ArrayList<>(last.numbers());
        numbers.addAll(segment.numbers());
        merged.set(merged.size() - 1, new AsPath.Segment(AsPath.SegmentType.SEQUENCE, numbers));
    }
}
