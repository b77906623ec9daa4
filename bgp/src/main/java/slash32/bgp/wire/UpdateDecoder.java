package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// Decodes UPDATE messages of one session (RFC 4271 §4.3, RFC 4760 §3, RFC 7606).
///
/// A block of path attributes that was seen before is not decoded again: it is found by its bytes, and routes share the
/// one {@link PathAttributes}. Structure comes first, legality second, so that what can be withdrawn is withdrawn.
/// Owned by one thread.
public final class UpdateDecoder {
    private static final int OPTIONAL_TRANSITIVE = AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE;
    private static final int CACHED_BLOCKS_MAX = 65_536;
    private static final long CACHED_BYTES_MAX = 16 << 20;

    private final Terms terms;
    private final Map<BlockKey, Block> cache = new HashMap<>();
    private long cachedBytes;
    private byte[] scratch = new byte[Framer.MAX_BYTES];

    public UpdateDecoder(Terms terms) {
        this.terms = terms;
    }

    /// Blocks of attributes that are kept, to be known again.
    public int cachedBlocks() {
        return cache.size();
    }

    /// Octets of these blocks.
    public long cachedBytes() {
        return cachedBytes;
    }

    /// A block's bytes without the multiprotocol attributes, and what else decides what they mean.
    private record BlockKey(Bytes bytes, @Nullable NextHop reachNextHop, boolean announces) {
        /// Written out, as {@link AddressFamily#equals} is.
        @Override
        public boolean equals(Object other) {
            return other instanceof BlockKey that
                    && bytes.equals(that.bytes)
                    && announces == that.announces
                    && Objects.equals(reachNextHop, that.reachNextHop);
        }

        @Override
        public int hashCode() {
            return 31 * bytes.hashCode() + (reachNextHop == null ? 0 : reachNextHop.hashCode()) + (announces ? 1 : 0);
        }
    }

    private record Block(PathAttributes attributes, List<AttributeFault> faults) {}

    /// Where the attributes of one message are.
    private static final class Layout {
        final List<AttributeFault> faults = new ArrayList<>();
        final List<AddressFamily> ignored = new ArrayList<>();
        int scratchLength;
        /// MP_REACH_NLRI has NLRI, of a family that was agreed on or not.
        boolean reaches;

        @Nullable
        NextHop reachNextHop;

        @Nullable
        NlriSlice reach;

        @Nullable
        AddressFamily unreachFamily;

        @Nullable
        NlriSlice unreach;
    }

    /// Decodes the body of an UPDATE, which is {@code bytes[from, to)}; they must stay unchanged while the slices
    /// of the result are in use.
    public Update decode(byte[] bytes, int from, int to) {
        var message = new Reader(bytes, from, to);
        if (message.remaining() < 4) {
            return broken(NotificationCode.MALFORMED_ATTRIBUTE_LIST);
        }
        int withdrawnLength = message.u16();
        if (withdrawnLength + 2 > message.remaining()) {
            return broken(NotificationCode.MALFORMED_ATTRIBUTE_LIST);
        }
        boolean pathIds = terms.addPathReceived().contains(AddressFamily.IPV4_UNICAST);
        NlriSlice withdrawn =
                NlriSlice.check(AddressFamily.IPV4_UNICAST, pathIds, true, message.slice(withdrawnLength));
        int attributesLength = message.u16();
        if (attributesLength > message.remaining()) {
            return broken(NotificationCode.MALFORMED_ATTRIBUTE_LIST);
        }
        Reader block = message.slice(attributesLength);
        NlriSlice announced = NlriSlice.check(AddressFamily.IPV4_UNICAST, pathIds, false, message);
        if (withdrawn == null || announced == null) {
            return broken(NotificationCode.INVALID_NETWORK_FIELD);
        }
        var layout = new Layout();
        walk(block, layout);
        return assemble(withdrawn, announced, layout, attributesLength);
    }

    private static Update broken(NotificationCode code) {
        return Update.reset(List.of(AttributeFault.reset(0, code)));
    }

    private Update assemble(NlriSlice withdrawn, NlriSlice announced, Layout layout, int attributesLength) {
        if (worst(layout.faults) == Fate.SESSION_RESET) {
            return Update.reset(layout.faults);
        }
        var blocks = new ArrayList<Block>(2);
        Block ofField = announced.isEmpty() ? null : block(layout, null, true, blocks);
        Block ofReach = layout.reachNextHop == null ? null : block(layout, layout.reachNextHop, true, blocks);
        if (blocks.isEmpty() && layout.scratchLength > 0) {
            block(layout, null, false, blocks);
        }
        List<AttributeFault> faults = allFaults(layout, blocks);
        Fate fate = worst(faults);
        if (fate == Fate.TREAT_AS_WITHDRAW && announced.isEmpty() && !layout.reaches) {
            // RFC 7606 §5.2: attributes of no route that we can see, so its NLRI may have been lost
            faults = faults.stream().map(AttributeFault::asReset).toList();
            fate = Fate.SESSION_RESET;
        }
        if (fate == Fate.SESSION_RESET) {
            return Update.reset(faults);
        }
        boolean ipv4 = terms.families().contains(AddressFamily.IPV4_UNICAST);
        var gone = new ArrayList<NlriSlice>(2);
        add(gone, ipv4 ? withdrawn : null);
        add(gone, layout.unreach);
        var come = new ArrayList<Update.Announcement>(2);
        add(come, ipv4 ? announced : null, ofField, fate);
        add(come, layout.reach, ofReach, fate);
        AddressFamily endOfRib = endOfRib(withdrawn, announced, layout, attributesLength);
        return new Update(fate, faults, gone, come, endOfRib, layout.ignored);
    }

    /// Those of two blocks in one message mostly are the same, said once.
    private static List<AttributeFault> allFaults(Layout layout, List<Block> blocks) {
        boolean none = layout.faults.isEmpty();
        for (Block block : blocks) {
            none &= block.faults().isEmpty();
        }
        if (none) {
            return List.of();
        }
        var faults = new LinkedHashSet<>(layout.faults);
        blocks.forEach(block -> faults.addAll(block.faults()));
        return List.copyOf(faults);
    }

    /// RFC 4724 §2: an UPDATE with nothing in it, or with an empty MP_UNREACH_NLRI and nothing else.
    private @Nullable AddressFamily endOfRib(
            NlriSlice withdrawn, NlriSlice announced, Layout layout, int attributesLength) {
        if (!withdrawn.isEmpty() || !announced.isEmpty()) {
            return null;
        }
        if (attributesLength == 0) {
            return terms.families().contains(AddressFamily.IPV4_UNICAST) ? AddressFamily.IPV4_UNICAST : null;
        }
        boolean onlyUnreach = layout.scratchLength == 0 && layout.reachNextHop == null && layout.faults.isEmpty();
        return onlyUnreach && layout.unreach != null && layout.unreach.isEmpty() ? layout.unreachFamily : null;
    }

    private static void add(List<NlriSlice> slices, @Nullable NlriSlice slice) {
        if (slice != null && !slice.isEmpty()) {
            slices.add(slice);
        }
    }

    private static void add(
            List<Update.Announcement> announcements, @Nullable NlriSlice slice, @Nullable Block block, Fate fate) {
        if (slice != null && !slice.isEmpty() && block != null) {
            boolean used = fate.compareTo(Fate.TREAT_AS_WITHDRAW) < 0;
            announcements.add(new Update.Announcement(slice, used ? block.attributes() : null));
        }
    }

    private static Fate worst(List<AttributeFault> faults) {
        Fate worst = Fate.ACCEPT;
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
                layout.faults.add(AttributeFault.in(
                        type,
                        nlriLost ? Fate.SESSION_RESET : Fate.TREAT_AS_WITHDRAW,
                        nlriLost ? NotificationCode.OPTIONAL_ATTRIBUTE_ERROR : NotificationCode.ATTRIBUTE_LENGTH_ERROR,
                        block.array(),
                        start,
                        block.limit()));
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
                    int end = value.limit();
                    Judge judge = (fate, code) -> AttributeFault.in(type, fate, code, block.array(), start, end);
                    multiprotocol(type, flags, value, layout, judge);
                }
                default -> {
                    if (repeated) {
                        layout.faults.add(new AttributeFault(
                                type, Fate.ATTRIBUTE_DISCARD, NotificationCode.MALFORMED_ATTRIBUTE_LIST, Bytes.EMPTY));
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

    /// RFC 7606 §5.3: with wrong flags it counts as unreadable too.
    private void multiprotocol(int type, int flags, Reader value, Layout layout, Judge judge) {
        if ((flags & (AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE)) != AttributeCode.OPTIONAL) {
            layout.faults.add(judge.fault(Fate.SESSION_RESET, NotificationCode.ATTRIBUTE_FLAGS_ERROR));
            return;
        }
        if (value.remaining() < 3) {
            layout.faults.add(judge.fault(Fate.SESSION_RESET, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
            return;
        }
        var family = new AddressFamily(value.u16(), value.u8());
        boolean agreed = terms.families().contains(family);
        if (!agreed) {
            layout.ignored.add(family);
        }
        if (type == AttributeCode.MP_UNREACH_NLRI) {
            layout.unreachFamily = family;
            layout.unreach = agreed ? prefixes(true, family, value, layout, judge) : null;
        } else {
            reach(family, agreed, value, layout, judge);
        }
    }

    /// RFC 7606 §7.11: a next hop of the wrong length leaves no way to find the NLRI, so the session goes.
    private void reach(AddressFamily family, boolean agreed, Reader value, Layout layout, Judge judge) {
        int nextHopLength = value.remaining() < 2 ? -1 : value.u8();
        if (nextHopLength < 0 || nextHopLength + 1 > value.remaining()) {
            layout.faults.add(judge.fault(Fate.SESSION_RESET, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
            return;
        }
        Reader nextHop = value.slice(nextHopLength);
        value.u8(); // reserved; RFC 4760 §3: ignored on receipt
        layout.reaches = value.remaining() > 0;
        if (!agreed) {
            return;
        }
        layout.reachNextHop = NextHop.decode(family, terms.extendedNextHops().contains(family), nextHop);
        if (layout.reachNextHop == null) {
            layout.faults.add(judge.fault(Fate.SESSION_RESET, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
            return;
        }
        layout.reach = prefixes(false, family, value, layout, judge);
        if (!layout.reachNextHop.isUsable()) {
            layout.faults.add(judge.fault(Fate.TREAT_AS_WITHDRAW, NotificationCode.INVALID_NEXT_HOP));
        }
    }

    /// RFC 7606 §5.3; a typed NLRI whose type we know and whose length is none of that type's is as unreadable (EVPN
    /// type 5, say: RFC 9136 §3.1 has two lengths), one of an unknown type is not (§5.4).
    private @Nullable NlriSlice prefixes(
            boolean withdrawn, AddressFamily family, Reader value, Layout layout, Judge judge) {
        NlriSlice slice = NlriSlice.check(family, terms.addPathReceived().contains(family), withdrawn, value);
        if (slice == null) {
            layout.faults.add(judge.fault(Fate.SESSION_RESET, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR));
        }
        return slice;
    }

    /// The attributes of one place of NLRI, from the cache where it has them; added to {@code blocks}.
    ///
    /// @param reachNextHop of MP_REACH_NLRI, whose prefixes they are for; null for the NLRI field
    /// @param announces what is mandatory with prefixes must be there
    private Block block(Layout layout, @Nullable NextHop reachNextHop, boolean announces, List<Block> blocks) {
        var key = new BlockKey(Bytes.copyOf(scratch, 0, layout.scratchLength), reachNextHop, announces);
        Block known = cache.get(key);
        if (known == null) {
            known = decodeBlock(new Reader(scratch, 0, layout.scratchLength), reachNextHop, announces);
            cachedBytes += layout.scratchLength;
            if (cache.size() >= CACHED_BLOCKS_MAX || cachedBytes > CACHED_BYTES_MAX) {
                cache.clear();
                cachedBytes = layout.scratchLength;
            }
            cache.put(key, known);
        }
        blocks.add(known);
        return known;
    }

    private Block decodeBlock(Reader block, @Nullable NextHop reachNextHop, boolean announces) {
        var attributes = new AttributeDecoders.Attributes(terms);
        var faults = new ArrayList<AttributeFault>();
        var present = new BitSet(256);
        while (block.remaining() > 0) {
            int start = block.position();
            int flags = block.u8();
            int type = block.u8();
            Reader value = block.slice((flags & AttributeCode.EXTENDED_LENGTH) != 0 ? block.u16() : block.u8());
            present.set(type);
            if (reachNextHop != null && type == AttributeCode.NEXT_HOP) {
                continue; // RFC 4760 §3: ignored, MP_REACH_NLRI has its own
            }
            int end = value.limit();
            AttributeFault fault = one(
                    flags,
                    type,
                    value,
                    attributes,
                    (fate, code) -> AttributeFault.in(type, fate, code, block.array(), start, end));
            if (fault != null) {
                faults.add(fault);
            }
        }
        if (announces) {
            requireMandatory(present, reachNextHop == null, faults);
        }
        attributes.mergeAs4();
        if (reachNextHop != null) {
            attributes.builder.nextHop(reachNextHop);
        }
        return new Block(attributes.builder.build(), List.copyOf(faults));
    }

    /// Says what is wrong with one attribute.
    private interface Judge {
        AttributeFault fault(Fate fate, NotificationCode code);
    }

    private static @Nullable AttributeFault one(
            int flags, int type, Reader value, AttributeDecoders.Attributes attributes, Judge judge) {
        AttributeDecoders.Row row = AttributeDecoders.ROWS.get(type);
        int kind = flags & OPTIONAL_TRANSITIVE;
        if (row == null) {
            if ((flags & AttributeCode.OPTIONAL) == 0) {
                return judge.fault(Fate.SESSION_RESET, NotificationCode.UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE);
            }
            if ((flags & AttributeCode.TRANSITIVE) != 0) {
                int kept = (flags | AttributeCode.PARTIAL) & ~AttributeCode.EXTENDED_LENGTH; // RFC 4271 §5
                attributes.builder.other(kept & 0xf0, type, value.rest());
            }
            return null;
        }
        boolean partialWellKnown = row.flags() == AttributeCode.TRANSITIVE && (flags & AttributeCode.PARTIAL) != 0;
        if (kind != row.flags() || partialWellKnown) {
            return judge.fault(row.wrongFlags(), NotificationCode.ATTRIBUTE_FLAGS_ERROR);
        }
        if (row.onlyInternal() && !attributes.terms.internal()) {
            return judge.fault(Fate.ATTRIBUTE_DISCARD, NotificationCode.OPTIONAL_ATTRIBUTE_ERROR);
        }
        attributes.flags = flags & (OPTIONAL_TRANSITIVE | AttributeCode.PARTIAL);
        if ((attributes.flags & AttributeCode.PARTIAL) != 0 && row.flags() == OPTIONAL_TRANSITIVE) {
            attributes.builder.partial(type);
        }
        NotificationCode code = row.decoder().decode(value, attributes);
        return code == null ? null : judge.fault(row.malformed(), code);
    }

    /// RFC 7606 §3 d.
    private void requireMandatory(BitSet present, boolean nextHop, List<AttributeFault> faults) {
        require(AttributeCode.ORIGIN, present, faults);
        require(AttributeCode.AS_PATH, present, faults);
        if (nextHop) {
            require(AttributeCode.NEXT_HOP, present, faults);
        }
        if (terms.internal()) {
            require(AttributeCode.LOCAL_PREF, present, faults);
        }
    }

    private static void require(int type, BitSet present, List<AttributeFault> faults) {
        if (!present.get(type)) {
            faults.add(AttributeFault.missing(type));
        }
    }
}
