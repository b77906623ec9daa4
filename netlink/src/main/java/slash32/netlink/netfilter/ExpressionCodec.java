package slash32.netlink.netfilter;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Request;

/// Expressions as attributes of a rule, in both directions. Attribute numbers are those of the expression's own enum in
/// nf_tables.h, such as NFTA_CMP_SREG = 1, NFTA_CMP_OP = 2, NFTA_CMP_DATA = 3.
final class ExpressionCodec {
    private static final int NFTA_EXPR_NAME = 1;
    private static final int NFTA_EXPR_DATA = 2;
    private static final int NFTA_LIST_ELEM = 1;
    static final String COUNTER = "counter";
    private static final String LIMIT = "limit";
    private static final int NFT_LIMIT_F_INV = 1;
    /// Packets that the kernel collects before it hands them over.
    private static final int AT_ONCE = 1;

    private static final int NFTA_COUNTER_BYTES = 1;
    private static final int NFTA_COUNTER_PACKETS = 2;
    private static final int NFT_RT_XFRM = 4;
    private static final int NFT_EXTHDR_OP_TCPOPT = 1;
    /// Of the option that has the maximum segment size (RFC 9293 §3.2): its kind, and where its value is.
    private static final int SEGMENT_SIZE_KIND = 2;

    private static final int SEGMENT_SIZE_AT = 2;
    private static final int SEGMENT_SIZE_BYTES = 2;

    private static final int NFT_CT_STATE = 0;
    private static final int NFT_CT_ZONE = 17;
    private static final int IP_CT_DIR_ORIGINAL = 0;
    static final int NFT_OBJECT_COUNTER = 1;
    /// NFT_REG_VERDICT
    private static final int VERDICT_REGISTER = 0;

    private ExpressionCodec() {}

    /// Adds {@code expression} to a rule's list.
    static void add(Request request, Expression expression) {
        switch (expression) {
            case Expression.Meta(var key, int register) ->
                add(
                        request,
                        "meta",
                        data -> data.attributeBe32(2, key.number).attributeBe32(1, Nft.register(register)));
            case Expression.Payload(var header, int offset, int length, int register) ->
                add(
                        request,
                        "payload",
                        data -> data.attributeBe32(1, Nft.register(register))
                                .attributeBe32(2, header.number)
                                .attributeBe32(3, offset)
                                .attributeBe32(4, length));
            case Expression.SealedByRoute(int register) ->
                add(request, "rt", data -> data.attributeBe32(2, NFT_RT_XFRM).attributeBe32(1, Nft.register(register)));
            case Expression.LowerSegmentSize(int register) ->
                add(
                        request,
                        "exthdr",
                        data -> data.attributeBe32(7, Nft.register(register))
                                .attributeU8(2, SEGMENT_SIZE_KIND)
                                .attributeBe32(3, SEGMENT_SIZE_AT)
                                .attributeBe32(4, SEGMENT_SIZE_BYTES)
                                .attributeBe32(6, NFT_EXTHDR_OP_TCPOPT));
            case Expression.ConntrackState(int register) ->
                add(
                        request,
                        "ct",
                        data -> data.attributeBe32(2, NFT_CT_STATE).attributeBe32(1, Nft.register(register)));
            case Expression.Flow(var field, int register) ->
                add(request, "ct", data -> {
                    data.attributeBe32(2, field.number).attributeBe32(1, Nft.register(register));
                    if (field.directed) {
                        data.attributeU8(3, IP_CT_DIR_ORIGINAL);
                    }
                });
            case Expression.StoreFlowMark(int register) ->
                add(
                        request,
                        "ct",
                        data -> data.attributeBe32(2, Expression.Flow.Field.MARK.number)
                                .attributeBe32(4, Nft.register(register)));
            case Expression.StoreZone(int register) ->
                add(request, "ct", data -> data.attributeBe32(2, NFT_CT_ZONE).attributeBe32(4, Nft.register(register)));
            case Expression.Compare(int register, var operator, var value) ->
                add(
                        request,
                        "cmp",
                        data -> data.attributeBe32(1, Nft.register(register))
                                .attributeBe32(2, operator.number)
                                .nested(3, nested -> nested.attribute(Nft.NFTA_DATA_VALUE, value.toArray())));
            case Expression.Mask(int register, var mask) ->
                addBitwise(request, register, mask.toArray(), new byte[mask.length()]);
            case Expression.SetBits(int register, var bits) ->
                addBitwise(request, register, flipped(bits).toArray(), bits.toArray());
            case Expression.StoreMark(int register) ->
                add(
                        request,
                        "meta",
                        data -> data.attributeBe32(2, Expression.Meta.Key.MARK.number)
                                .attributeBe32(3, Nft.register(register)));
            case Expression.StorePriority(int register) ->
                add(
                        request,
                        "meta",
                        data -> data.attributeBe32(2, Expression.Meta.Key.PRIORITY.number)
                                .attributeBe32(3, Nft.register(register)));
            case Expression.Constant(var value, int register) ->
                add(
                        request,
                        "immediate",
                        data -> data.attributeBe32(1, Nft.register(register))
                                .nested(2, nested -> nested.attribute(Nft.NFTA_DATA_VALUE, value.toArray())));
            case Expression.InSet(var set, int register) ->
                add(request, "lookup", data -> data.attribute(1, set).attributeBe32(2, Nft.register(register)));
            case Expression.VerdictFrom(var map, int register) ->
                add(
                        request,
                        "lookup",
                        data -> data.attribute(1, map)
                                .attributeBe32(2, Nft.register(register))
                                .attributeBe32(3, VERDICT_REGISTER));
            case Expression.ValueFrom(var map, int register, int destination) ->
                add(
                        request,
                        "lookup",
                        data -> data.attribute(1, map)
                                .attributeBe32(2, Nft.register(register))
                                .attributeBe32(3, Nft.register(destination)));
            case Expression.CountHere() -> add(request, COUNTER, _ -> {});
            case Expression.Limit(var limit) -> add(request, LIMIT, data -> addLimit(data, limit));
            case Expression.Log(int group, var prefix, int copyBytes) ->
                add(
                        request,
                        "log",
                        data -> data.attributeBe16(1, group)
                                .attribute(2, prefix)
                                .attributeBe32(3, copyBytes)
                                .attributeBe16(4, AT_ONCE));
            case Expression.Count(var counter) ->
                add(
                        request,
                        "objref",
                        data -> data.attributeBe32(1, NFT_OBJECT_COUNTER).attribute(2, counter));
            case Expression.CountFrom(var map, int register) ->
                add(
                        request,
                        "objref",
                        data -> data.attributeBe32(3, Nft.register(register)).attribute(4, map));
            case Expression.Immediate(var verdict) ->
                add(
                        request,
                        "immediate",
                        data -> data.attributeBe32(1, VERDICT_REGISTER)
                                .nested(2, nested -> Nft.addVerdict(nested, verdict)));
            case Expression.Foreign(var name) -> throw new IllegalArgumentException("not ours to add: " + name);
        }
    }

    /// Makes the register {@code register & mask ^ xor}.
    private static void addBitwise(Request request, int register, byte[] mask, byte[] xor) {
        add(
                request,
                "bitwise",
                data -> data.attributeBe32(1, Nft.register(register))
                        .attributeBe32(2, Nft.register(register))
                        .attributeBe32(3, mask.length)
                        .nested(4, nested -> nested.attribute(Nft.NFTA_DATA_VALUE, mask))
                        .nested(5, nested -> nested.attribute(Nft.NFTA_DATA_VALUE, xor)));
    }

    private static Bytes flipped(Bytes bits) {
        byte[] flipped = bits.toArray();
        for (int i = 0; i < flipped.length; i++) {
            flipped[i] ^= (byte) 0xff;
        }
        return Bytes.copyOf(flipped);
    }

    private static void add(Request request, String name, Consumer<Request> content) {
        request.nested(
                NFTA_LIST_ELEM,
                element -> element.attribute(NFTA_EXPR_NAME, name).nested(NFTA_EXPR_DATA, content));
    }

    /// Reads one expression of the kernel's dump.
    static Expression parse(Attributes expression) {
        String name = "";
        Fields fields = new Fields();
        while (expression.next()) {
            switch (expression.type()) {
                case NFTA_EXPR_NAME -> name = expression.string();
                case NFTA_EXPR_DATA -> fields = Fields.parse(name, expression.nested());
                default -> {} // padding
            }
        }
        Expression known = fields.toExpression(name);
        return known == null ? new Expression.Foreign(name) : known;
    }

    private static void addLimit(Request data, PacketLimit limit) {
        data.attributeBe64(1, limit.perSecond())
                .attributeBe64(2, 1)
                .attributeBe32(3, limit.burst())
                .attributeBe32(4, 0)
                .attributeBe32(5, limit.over() ? NFT_LIMIT_F_INV : 0);
    }

    /// Adds a limit as the attributes of one expression.
    static void addLimitExpression(Request expression, PacketLimit limit) {
        expression.attribute(NFTA_EXPR_NAME, LIMIT).nested(NFTA_EXPR_DATA, data -> addLimit(data, limit));
    }

    /// Adds a counter as the attributes of one expression.
    static void addCounter(Request expression) {
        expression.attribute(NFTA_EXPR_NAME, COUNTER).nested(NFTA_EXPR_DATA, _ -> {});
    }

    /// Reads what an expression of the kernel's dump counted; null if it is no counter.
    static @Nullable Counts parseCounts(Attributes expression) {
        boolean counter = false;
        long packets = 0;
        long bytes = 0;
        while (expression.next()) {
            switch (expression.type()) {
                case NFTA_EXPR_NAME -> counter = expression.string().equals(COUNTER);
                case NFTA_EXPR_DATA -> {
                    Attributes data = expression.nested();
                    while (counter && data.next()) {
                        switch (data.type()) {
                            case NFTA_COUNTER_BYTES -> bytes = data.be64();
                            case NFTA_COUNTER_PACKETS -> packets = data.be64();
                            default -> {} // padding
                        }
                    }
                }
                default -> {} // padding
            }
        }
        return counter ? new Counts(packets, bytes) : null;
    }

    /// The attributes of one expression, which the kernel numbers from 1 for each kind.
    private static final class Fields {
        private static final int MAX = 8;
        private final int[] numbers = new int[MAX + 1];
        private final long[] longs = new long[MAX + 1];
        private final boolean[] present = new boolean[MAX + 1];
        private final @Nullable Bytes[] values = new Bytes[MAX + 1];
        private final String[] texts = new String[MAX + 1];
        private @Nullable Verdict verdict;

        static Fields parse(String name, Attributes data) {
            var fields = new Fields();
            while (data.next()) {
                int type = data.type();
                if (type > MAX) {
                    continue;
                }
                fields.present[type] = true;
                if (isText(name, type)) {
                    fields.texts[type] = data.string();
                } else if (isNested(name, type)) {
                    fields.values[type] = Nft.value(data.nested());
                    fields.verdict = name.equals("immediate") ? Nft.verdict(data.nested()) : null;
                } else if (data.length() == 4) {
                    fields.numbers[type] = data.be32();
                } else if (data.length() == 8) {
                    fields.longs[type] = data.be64();
                } else if (data.length() == 2) {
                    fields.numbers[type] = data.be16();
                } else if (data.length() == 1) {
                    fields.numbers[type] = data.u8();
                }
            }
            return fields;
        }

        private static boolean isText(String name, int type) {
            return switch (name) {
                case "lookup" -> type == 1;
                case "log" -> type == 2;
                case "objref" -> type == 2 || type == 4;
                default -> false;
            };
        }

        private static boolean isNested(String name, int type) {
            return switch (name) {
                case "cmp" -> type == 3;
                case "bitwise" -> type == 4 || type == 5 || type == 7;
                case "immediate" -> type == 2;
                default -> false;
            };
        }

        @Nullable
        Expression toExpression(String name) {
            return switch (name) {
                case "meta" -> meta();
                case "payload" -> payload();
                case "rt" -> numbers[2] == NFT_RT_XFRM ? new Expression.SealedByRoute(register(1)) : null;
                case "exthdr" -> segmentSize();
                case "ct" -> flow();
                case "cmp" -> compare();
                case "bitwise" -> bitwise();
                case "lookup" -> lookup();
                case "objref" -> objectReference();
                case "immediate" -> immediate();
                case COUNTER -> new Expression.CountHere();
                case LIMIT -> limit();
                case "log" -> log();
                default -> null;
            };
        }

        private @Nullable Expression immediate() {
            if (verdict != null) {
                return new Expression.Immediate(verdict);
            }
            Bytes value = values[2];
            boolean constant = value != null && numbers[1] != VERDICT_REGISTER;
            return constant ? new Expression.Constant(value, register(1)) : null;
        }

        private int register(int field) {
            return Nft.registerOffset(numbers[field]);
        }

        private @Nullable Expression meta() {
            if (present[3]) {
                if (numbers[2] == Expression.Meta.Key.PRIORITY.number) {
                    return new Expression.StorePriority(register(3));
                }
                boolean mark = numbers[2] == Expression.Meta.Key.MARK.number;
                return mark ? new Expression.StoreMark(register(3)) : null;
            }
            for (Expression.Meta.Key key : Expression.Meta.Key.values()) {
                if (present[1] && key.number == numbers[2]) {
                    return new Expression.Meta(key, register(1));
                }
            }
            return null;
        }

        private @Nullable Expression segmentSize() {
            boolean ours = present[7]
                    && numbers[2] == SEGMENT_SIZE_KIND
                    && numbers[3] == SEGMENT_SIZE_AT
                    && numbers[4] == SEGMENT_SIZE_BYTES
                    && numbers[6] == NFT_EXTHDR_OP_TCPOPT;
            return ours ? new Expression.LowerSegmentSize(register(7)) : null;
        }

        private @Nullable Expression flow() {
            if (present[4]) {
                if (numbers[2] == NFT_CT_ZONE) {
                    return new Expression.StoreZone(register(4));
                }
                boolean mark = numbers[2] == Expression.Flow.Field.MARK.number;
                return mark ? new Expression.StoreFlowMark(register(4)) : null;
            }
            if (present[1] && numbers[2] == NFT_CT_STATE && !present[3]) {
                return new Expression.ConntrackState(register(1));
            }
            for (Expression.Flow.Field field : Expression.Flow.Field.values()) {
                if (present[1] && field.number == numbers[2] && numbers[3] == IP_CT_DIR_ORIGINAL) {
                    return new Expression.Flow(field, register(1));
                }
            }
            return null;
        }

        private @Nullable Expression payload() {
            for (Expression.Payload.Header header : Expression.Payload.Header.values()) {
                if (present[1] && header.number == numbers[2]) {
                    return new Expression.Payload(header, numbers[3], numbers[4], register(1));
                }
            }
            return null;
        }

        private @Nullable Expression compare() {
            Bytes value = values[3];
            for (Expression.Compare.Operator operator : Expression.Compare.Operator.values()) {
                if (value != null && operator.number == numbers[2]) {
                    return new Expression.Compare(register(1), operator, value);
                }
            }
            return null;
        }

        private @Nullable Expression bitwise() {
            Bytes mask = values[4];
            Bytes xor = values[5];
            if (mask == null || xor == null || numbers[1] != numbers[2] || numbers[6] != 0) {
                return null;
            }
            if (xor.equals(Bytes.copyOf(new byte[mask.length()]))) {
                return new Expression.Mask(register(1), mask);
            }
            return mask.equals(flipped(xor)) ? new Expression.SetBits(register(1), xor) : null;
        }

        private @Nullable Expression lookup() {
            if (numbers[5] != 0) {
                return null; // inverted
            }
            if (!present[3]) {
                return new Expression.InSet(texts[1], register(2));
            }
            return numbers[3] == VERDICT_REGISTER
                    ? new Expression.VerdictFrom(texts[1], register(2))
                    : new Expression.ValueFrom(texts[1], register(2), register(3));
        }

        private @Nullable Expression limit() {
            boolean ours = longs[1] > 0 && longs[2] == 1 && numbers[3] > 0 && numbers[4] == 0;
            return ours
                    ? new Expression.Limit(new PacketLimit(longs[1], numbers[3], (numbers[5] & NFT_LIMIT_F_INV) != 0))
                    : null;
        }

        private @Nullable Expression log() {
            boolean ours = present[1] && present[2] && numbers[4] == AT_ONCE;
            return ours ? new Expression.Log(numbers[1], texts[2], numbers[3]) : null;
        }

        private @Nullable Expression objectReference() {
            if (present[4]) {
                return new Expression.CountFrom(texts[4], register(3));
            }
            return numbers[1] == NFT_OBJECT_COUNTER ? new Expression.Count(texts[2]) : null;
        }
    }
}
