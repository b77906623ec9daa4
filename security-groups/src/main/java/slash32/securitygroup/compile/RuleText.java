package slash32.securitygroup.compile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Expression;
import slash32.netlink.netfilter.Expression.Compare.Operator;
import slash32.netlink.netfilter.Expression.Payload.Header;
import slash32.netlink.netfilter.Family;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.securitygroup.IpProtocol;

/// Turns a rule's expressions back into {@code nft}'s words; numbers stay numbers where nft has names for them.
final class RuleText {
    private static final Set<Expression.Flow.Field> FLOW_ADDRESSES = EnumSet.of(
            Expression.Flow.Field.SOURCE_4,
            Expression.Flow.Field.DESTINATION_4,
            Expression.Flow.Field.SOURCE_6,
            Expression.Flow.Field.DESTINATION_6);

    private final NftRule rule;
    private final List<String> words = new ArrayList<>();
    /// What was loaded and not looked at yet, in the order of its registers.
    private final List<String> loaded = new ArrayList<>();

    private String transport = "th";
    private Bytes mask = Bytes.EMPTY;

    private RuleText(NftRule rule) {
        this.rule = rule;
    }

    /// Reads {@code ip saddr 10.0.0.0/8 tcp dport 80-90 accept comment "web"}.
    static String of(NftRule rule) {
        var text = new RuleText(rule);
        for (int i = 0; i < rule.expressions().size(); i++) {
            text.add(
                    rule.expressions().get(i),
                    rule.expressions().subList(i + 1, rule.expressions().size()));
        }
        if (!rule.comment().isEmpty()) {
            text.words.add("comment \"" + rule.comment() + "\"");
        }
        return String.join(" ", text.words);
    }

    private void add(Expression expression, List<Expression> rest) {
        switch (expression) {
            case Expression.Meta(var key, int _) -> load(name(key));
            case Expression.Payload payload -> load(name(payload));
            case Expression.ConntrackState _ -> load("ct state");
            case Expression.SealedByRoute _ -> load("rt ipsec");
            case Expression.LowerSegmentSize _ -> words.add("tcp option maxseg size set " + take());
            case Expression.ValueFrom(var map, int _, int _) -> load(take() + " map @" + map);
            case Expression.Flow(var field, int _) -> load(name(field));
            case Expression.StoreFlowMark _ -> words.add("ct mark set " + take());
            case Expression.StoreZone _ -> words.add("ct zone set " + take());
            case Expression.Mask(int _, var bits) -> mask = bits;
            case Expression.SetBits(int _, var bits) -> words.add(take() + " set meta mark | " + mark(bits));
            case Expression.StoreMark _ -> storeMark();
            case Expression.StorePriority _ -> words.add("meta priority set " + take());
            case Expression.Constant(var value, int _) -> load(number(value));
            case Expression.Compare(int _, var operator, var value) -> compare(operator, value, rest);
            case Expression.InSet(var set, int _) -> {
                maskLast();
                words.add(take() + " @" + set);
            }
            case Expression.VerdictFrom(var map, int _) -> words.add(take() + " vmap @" + map);
            case Expression.CountHere() -> words.add("counter");
            case Expression.Limit(var limit) -> words.add(limit.toString());
            case Expression.Log(int group, var prefix, int copyBytes) ->
                words.add("log prefix \"" + prefix + "\" group " + group + " snaplen " + copyBytes
                        + " queue-threshold 1");
            case Expression.Count(var counter) -> words.add("counter name \"" + counter + "\"");
            case Expression.CountFrom(var map, int _) -> words.add("counter name " + take() + " map @" + map);
            case Expression.Immediate(var verdict) -> words.add(verdict.toString());
            case Expression.Foreign(var name) -> words.add("[" + name + "]");
        }
    }

    private void load(String what) {
        maskLast();
        loaded.add(what);
    }

    /// Says of what was loaded last that only some of its bits count.
    private void maskLast() {
        if (mask.length() > 0) {
            loaded.set(loaded.size() - 1, loaded.getLast() + " & 0x" + takeMask());
        }
    }

    private static String name(Expression.Flow.Field field) {
        return switch (field) {
            case DIRECTION -> "ct direction";
            case STATUS -> "ct status";
            case MARK -> "ct mark";
            case PROTOCOL -> "ct protocol";
            case SOURCE_PORT -> "ct original proto-src";
            case DESTINATION_PORT -> "ct original proto-dst";
            case SOURCE_4 -> "ct original ip saddr";
            case DESTINATION_4 -> "ct original ip daddr";
            case SOURCE_6 -> "ct original ip6 saddr";
            case DESTINATION_6 -> "ct original ip6 daddr";
        };
    }

    private static String mark(Bytes value) {
        return "0x%08x"
                .formatted(ByteBuffer.wrap(value.toArray())
                        .order(ByteOrder.nativeOrder())
                        .getInt());
    }

    private Bytes takeMask() {
        Bytes taken = mask;
        mask = Bytes.EMPTY;
        return taken;
    }

    /// What was set was said with the bits; what was cleared is said here.
    private void storeMark() {
        if (!loaded.isEmpty()) {
            words.add(take() + " set meta mark & " + mark(takeMask()));
        }
    }

    private String take() {
        String key = String.join(" . ", loaded);
        loaded.clear();
        return key;
    }

    private static String name(Expression.Meta.Key key) {
        return switch (key) {
            case ETHER_TYPE -> "meta protocol";
            case INPUT_BRIDGE -> "meta ibrname";
            case PRIORITY -> "meta priority";
            case MARK -> "meta mark";
            case INPUT_NAME -> "iifname";
            case OUTPUT_NAME -> "oifname";
            case INPUT_TYPE -> "iiftype";
            case NETWORK_PROTOCOL -> "meta nfproto";
            case TRANSPORT_PROTOCOL -> "meta l4proto";
        };
    }

    private String name(Expression.Payload payload) {
        boolean arp = rule.table().family() == Family.ARP;
        return switch (payload.header()) {
            case LINK -> payload.offset() == 0 ? "ether daddr" : "ether saddr";
            case NETWORK ->
                switch (payload.offset() * 100 + payload.length()) {
                    case 12_04 -> "ip saddr";
                    case 16_04 -> "ip daddr";
                    case 8_06 -> "arp saddr ether";
                    case 14_04 -> "arp saddr ip";
                    case 8_16 -> "ip6 saddr";
                    case 24_16 -> "ip6 daddr";
                    default -> raw(arp ? "@arp" : "@nh", payload);
                };
            case TRANSPORT ->
                switch (payload.offset() * 100 + payload.length()) {
                    case 2 -> transport + " sport";
                    case 2_02 -> transport + " dport";
                    case 1 -> transport + " type";
                    case 1_01 -> transport + " code";
                    default -> raw("@th", payload);
                };
        };
    }

    private static String raw(String header, Expression.Payload payload) {
        return header + "," + payload.offset() * 8 + "," + payload.length() * 8;
    }

    private void compare(Operator operator, Bytes value, List<Expression> rest) {
        String key = loaded.isEmpty() ? "" : loaded.getLast();
        if (operator == Operator.AT_LEAST) {
            words.add(take() + " " + number(value) + "-" + upperBound(rest));
            return;
        }
        if (operator == Operator.AT_MOST) {
            return; // said with the lower bound
        }
        loaded.clear();
        switch (key) {
            case "iiftype" -> {} // goes with an Ethernet address
            case "meta nfproto" -> {
                if (loads(rest, Header.NETWORK) || loadsAddress(rest)) {
                    return;
                }
                words.add(key + (value.at(0) == 2 ? " ipv4" : " ipv6"));
            }
            case "meta protocol" -> {
                if (!loads(rest, Header.NETWORK) && !loadsAddress(rest)) {
                    words.add(key + (value.equals(BridgedRules.IPV4) ? " ip" : " ip6"));
                }
            }
            case "meta l4proto" -> {
                transport = protocolName(value);
                if (!loads(rest, Header.TRANSPORT)) {
                    words.add(key + " " + value.unsignedAt(0));
                }
            }
            case "iifname", "oifname" -> words.add(key + " \"" + interfaceName(value) + "\"");
            case "meta mark" -> words.add(key + " & " + mark(takeMask()) + " == " + mark(value));
            case "ether saddr", "ether daddr", "arp saddr ether" ->
                words.add(key + " " + MacAddress.of(value.toArray(), 0));
            case "ct state" -> words.add(key + " " + states());
            case "ct status" -> words.add(key + (takeMask().length() > 0 ? " confirmed" : ""));
            case "ct direction" -> words.add(key + (value.at(0) == 0 ? " original" : " reply"));
            case "ct original ip saddr",
                    "ct original ip daddr",
                    "ct original ip6 saddr",
                    "ct original ip6 daddr",
                    "ip saddr",
                    "ip daddr",
                    "ip6 saddr",
                    "ip6 daddr",
                    "arp saddr ip",
                    "@th,64,128" -> words.add(key + " " + prefix(value));
            default -> words.add(key + " " + number(value));
        }
    }

    private static String interfaceName(Bytes value) {
        String name = new String(value.toArray(), StandardCharsets.UTF_8);
        return value.length() == Layout.INTERFACE_NAME_BYTES ? name.replace("\0", "") : name + "*";
    }

    private static boolean loadsAddress(List<Expression> rest) {
        return rest.stream()
                .anyMatch(expression ->
                        expression instanceof Expression.Flow(var field, int _) && FLOW_ADDRESSES.contains(field));
    }

    private static boolean loads(List<Expression> rest, Header header) {
        return rest.stream()
                .anyMatch(expression -> expression instanceof Expression.Payload payload && payload.header() == header);
    }

    private static String upperBound(List<Expression> rest) {
        return rest.getFirst() instanceof Expression.Compare(int _, var _, var value) ? number(value) : "?";
    }

    private static String protocolName(Bytes value) {
        var protocol = new IpProtocol(value.unsignedAt(0));
        if (protocol.equals(IpProtocol.TCP)) {
            return "tcp";
        } else if (protocol.equals(IpProtocol.UDP)) {
            return "udp";
        } else if (protocol.equals(IpProtocol.ICMP)) {
            return "icmp";
        } else if (protocol.equals(IpProtocol.ICMPV6)) {
            return "icmpv6";
        } else if (protocol.equals(IpProtocol.SCTP)) {
            return "sctp";
        } else if (protocol.equals(IpProtocol.DCCP)) {
            return "dccp";
        } else if (protocol.equals(IpProtocol.UDPLITE)) {
            return "udplite";
        }
        return "th";
    }

    private String states() {
        int states =
                ByteBuffer.wrap(mask.toArray()).order(ByteOrder.nativeOrder()).getInt();
        mask = Bytes.EMPTY;
        return switch (states) {
            case Statements.ESTABLISHED_OR_RELATED -> "established,related";
            case Statements.INVALID -> "invalid";
            default -> "0x" + Integer.toHexString(states);
        };
    }

    private String prefix(Bytes value) {
        var address = IpAddress.of(value.toArray());
        if (mask.length() == 0) {
            return address.toString();
        }
        int length = 0;
        for (byte part : mask.toArray()) {
            length += Integer.bitCount(part & 0xff);
        }
        mask = Bytes.EMPTY;
        return new Prefix(address, length).toString();
    }

    private static String number(Bytes value) {
        int number = 0;
        for (byte part : value.toArray()) {
            number = (number << 8) | (part & 0xff);
        }
        return Integer.toString(number);
    }

    /// Reads {@code "tap1" . 52:54:00:00:00:01 . 10.0.0.1}, and {@code : goto guarded} for a map.
    static String of(SetType type, SetElement element) {
        var fields = new ArrayList<String>();
        int at = 0;
        for (SetType.Field field : type.key()) {
            byte[] key = element.key().toArray();
            fields.add(
                    switch (field) {
                        case INTERFACE_NAME ->
                            "\""
                                    + new String(key, at, Layout.INTERFACE_NAME_BYTES, StandardCharsets.UTF_8)
                                            .replace("\0", "")
                                    + "\"";
                        case ETHERNET_ADDRESS -> MacAddress.of(key, at).toString();
                        case IPV4_ADDRESS ->
                            IpAddress.of(Arrays.copyOfRange(key, at, at + 4)).toString();
                        case IPV6_ADDRESS ->
                            IpAddress.of(Arrays.copyOfRange(key, at, at + 16)).toString();
                        case MARK -> mark(Bytes.copyOf(key, at, 4));
                        case TRANSPORT_PROTOCOL, NETWORK_PROTOCOL -> number(Bytes.copyOf(key, at, 1));
                        case PORT -> number(Bytes.copyOf(key, at, 2));
                    });
            at += (field.bytes + 3) & ~3;
        }
        String key = fields.stream().collect(Collectors.joining(" . "));
        return switch (element.value()) {
            case SetElement.Value.Member() -> key;
            case SetElement.Value.To(var verdict) -> key + " : " + verdict;
            case SetElement.Value.Limited(var limit) -> key + " " + limit;
            case SetElement.Value.Mark(int mark) -> key + " : 0x%08x".formatted(mark);
            case SetElement.Value.CountedBy(var counter) -> key + " : \"" + counter + "\"";
        };
    }
}
