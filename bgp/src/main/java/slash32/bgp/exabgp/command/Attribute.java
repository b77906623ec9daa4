package slash32.bgp.exabgp.command;

import static slash32.bgp.wire.AttributeCode.OPTIONAL;
import static slash32.bgp.wire.AttributeCode.TRANSITIVE;

import java.util.ArrayList;
import java.util.List;
import slash32.bgp.wire.AttributeCode;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// A path attribute that a command names, and how ExaBGP writes it.
sealed interface Attribute {
    int type();

    /// Writes it as a session of these terms has it.
    void encode(EncodeContext context, Octets out);

    /// One whose octets are the same in every session.
    record Fixed(int flags, int type, Bytes value) implements Attribute {
        static Fixed of(int flags, int type, Octets value) {
            return new Fixed(flags, type, value.toBytes());
        }

        @Override
        public void encode(EncodeContext context, Octets out) {
            boolean nothing = (flags & OPTIONAL) != 0 && value.length() == 0;
            boolean internalOnly = type == AttributeCode.LOCAL_PREF || type == AttributeCode.AIGP;
            if (!nothing && (context.internal() || !internalOnly)) {
                out.attribute(flags, type, value);
            }
        }
    }

    /// "attribute [ 0xTT 0xFF 0x… ]": as it is said.
    record Raw(int flags, int type, Bytes value) implements Attribute {
        @Override
        public void encode(EncodeContext context, Octets out) {
            if (context.internal() || type != AttributeCode.LOCAL_PREF) {
                out.attribute(flags, type, value);
            }
        }
    }

    /// NEXT_HOP, which only an IPv4 one is written in.
    ///
    /// @param ipv4 "self" is the IPv4 one
    record NextHop(Gateway gateway, boolean ipv4) implements Attribute {
        @Override
        public int type() {
            return AttributeCode.NEXT_HOP;
        }

        @Override
        public void encode(EncodeContext context, Octets out) {
            IpAddress address = context.address(gateway, ipv4);
            if (address.isIpv4()) {
                out.attribute(TRANSITIVE, type(), new Octets().address(address).toBytes());
            }
        }
    }

    /// AS_PATH: a sequence, and then a set.
    record Path(List<Long> sequence, List<Long> set) implements Attribute {
        private static final int AS_SET = 1;
        private static final int AS_SEQUENCE = 2;
        private static final int SEGMENT_MAX = 255;

        public Path {
            sequence = List.copyOf(sequence);
            set = List.copyOf(set);
        }

        @Override
        public int type() {
            return AttributeCode.AS_PATH;
        }

        /// AS4_PATH follows at once if a number is AS_TRANS, be it by name.
        @Override
        public void encode(EncodeContext context, Octets out) {
            if (context.fourOctetAs()) {
                out.attribute(TRANSITIVE, type(), segments(this, true));
                return;
            }
            var narrow = new Path(narrowed(sequence), narrowed(set));
            out.attribute(TRANSITIVE, type(), segments(narrow, false));
            long trans = Asn.TRANS.value();
            if (narrow.sequence.contains(trans) || narrow.set.contains(trans)) {
                out.attribute(OPTIONAL | TRANSITIVE, AttributeCode.AS4_PATH, segments(this, true));
            }
        }

        private static List<Long> narrowed(List<Long> numbers) {
            return numbers.stream()
                    .map(number -> number > 0xffff ? Asn.TRANS.value() : number)
                    .toList();
        }

        private static Bytes segments(Path path, boolean four) {
            var out = new Octets();
            segments(AS_SEQUENCE, path.sequence, four, out);
            segments(AS_SET, path.set, four, out);
            return out.toBytes();
        }

        private static void segments(int type, List<Long> numbers, boolean four, Octets out) {
            for (int from = 0; from < numbers.size(); from += SEGMENT_MAX) {
                List<Long> some = numbers.subList(from, Math.min(from + SEGMENT_MAX, numbers.size()));
                out.u8(type).u8(some.size());
                some.forEach(number -> {
                    if (four) {
                        out.u32(number);
                    } else {
                        out.u16(number.intValue());
                    }
                });
            }
        }
    }

    /// AGGREGATOR; where the number does not fit, AS4_AGGREGATOR follows at once.
    record Aggregator(long asn, Ipv4Address speaker) implements Attribute {
        @Override
        public int type() {
            return AttributeCode.AGGREGATOR;
        }

        @Override
        public void encode(EncodeContext context, Octets out) {
            int flags = OPTIONAL | TRANSITIVE;
            Bytes wide = new Octets().u32(asn).address(speaker).toBytes();
            if (context.fourOctetAs()) {
                out.attribute(flags, type(), wide);
                return;
            }
            int narrow = (int) (asn > 0xffff ? Asn.TRANS.value() : asn);
            out.attribute(
                    flags, type(), new Octets().u16(narrow).address(speaker).toBytes());
            if (asn > 0xffff) {
                out.attribute(flags, AttributeCode.AS4_AGGREGATOR, wide);
            }
        }
    }

    /// All of a route, with what ExaBGP adds: ORIGIN IGP, a path of its own AS beyond it, LOCAL_PREF 100 within it.
    static byte[] encode(List<Attribute> said, EncodeContext context) {
        var all = new ArrayList<>(said);
        List<Long> own =
                context.internal() ? List.of() : List.of(context.localAs().value());
        var defaults = List.of(
                new Fixed(TRANSITIVE, AttributeCode.ORIGIN, Bytes.copyOf(new byte[1])),
                new Path(own, List.of()),
                Fixed.of(TRANSITIVE, AttributeCode.LOCAL_PREF, new Octets().u32(100)));
        for (Attribute attribute : defaults) {
            if (said.stream().noneMatch(each -> each.type() == attribute.type())) {
                all.add(attribute);
            }
        }
        all.sort(java.util.Comparator.comparingInt(Attribute::type));
        var out = new Octets();
        all.forEach(attribute -> attribute.encode(context, out));
        return out.toArray();
    }
}
