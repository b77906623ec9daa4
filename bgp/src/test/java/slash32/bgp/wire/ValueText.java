package slash32.bgp.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;

/// Values as JSON that people can read and write, and back: a record is an object of its components, one of a sealed
/// interface says by "is" which, what has a form of its own is a string.
final class ValueText {
    /// A value that stands as one string, "SHORT more" of which only SHORT is read.
    private record Leaf(Function<Object, String> write, Function<String, Object> read) {}

    private static final Map<Class<?>, Leaf> LEAVES = leaves();

    private ValueText() {}

    private static Map<Class<?>, Leaf> leaves() {
        Map<Class<?>, Leaf> leaves = new LinkedHashMap<>();
        leaves.put(String.class, new Leaf(String.class::cast, text -> text));
        leaves.put(Bytes.class, new Leaf(Object::toString, Bytes::fromHex));
        leaves.put(IpAddress.class, new Leaf(Object::toString, IpAddress::parse));
        leaves.put(Prefix.class, new Leaf(Object::toString, Prefix::parse));
        leaves.put(MacAddress.class, new Leaf(Object::toString, MacAddress::parse));
        leaves.put(Asn.class, new Leaf(Object::toString, text -> new Asn(Long.parseLong(text))));
        leaves.put(Esi.class, new Leaf(Object::toString, text -> new Esi(Bytes.fromHex(text.replace(":", "")))));
        leaves.put(BgpIdentifier.class, new Leaf(Object::toString, text -> new BgpIdentifier(dotted(text))));
        leaves.put(AddressFamily.class, new Leaf(Object::toString, ValueText::family));
        leaves.put(LargeCommunity.class, new Leaf(Object::toString, ValueText::largeCommunity));
        leaves.put(AsPath.class, new Leaf(Object::toString, ValueText::asPath));
        leaves.put(
                ExtendedCommunity.class,
                new Leaf(
                        value -> octets(((ExtendedCommunity) value).value(), value),
                        text -> new ExtendedCommunity(word(text))));
        leaves.put(
                RouteDistinguisher.class,
                new Leaf(
                        value -> octets(((RouteDistinguisher) value).value(), value),
                        text -> new RouteDistinguisher(word(text))));
        return leaves;
    }

    /// The octets, which alone are read, and what they mean.
    private static String octets(long value, Object meaning) {
        String octets = "0x%016x".formatted(value);
        return octets.equals(meaning.toString()) ? octets : octets + " " + meaning;
    }

    private static long word(String text) {
        return Long.parseUnsignedLong(text.substring(2, 18), 16);
    }

    private static int dotted(String text) {
        return ((slash32.net.Ipv4Address) IpAddress.parse(text)).value();
    }

    private static String dotted(int value) {
        return new slash32.net.Ipv4Address(value).toString();
    }

    private static AddressFamily family(String text) {
        for (int afi : new int[] {1, 2, 25}) {
            for (int safi : new int[] {1, 2, 4, 70, 128, 132, 133, 134}) {
                var known = new AddressFamily(afi, safi);
                if (known.toString().equals(text)) {
                    return known;
                }
            }
        }
        String[] numbers = text.replace("ipv4", "afi1")
                .replace("ipv6", "afi2")
                .replace("l2vpn", "afi25")
                .split("-", -1);
        return new AddressFamily(Integer.parseInt(numbers[0].substring(3)), Integer.parseInt(numbers[1].substring(4)));
    }

    private static LargeCommunity largeCommunity(String text) {
        String[] parts = text.split(":", -1);
        return new LargeCommunity(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
    }

    /// "65001 65002 {3 4} (5)": brackets as {@link AsPath} writes them.
    private static AsPath asPath(String text) {
        var segments = new ArrayList<AsPath.Segment>();
        var matcher =
                java.util.regex.Pattern.compile("([{(\\[])?([0-9 ]+)[})\\]]?").matcher(text);
        while (matcher.find()) {
            String bracket = matcher.group(1) == null ? "" : matcher.group(1);
            AsPath.SegmentType type = switch (bracket) {
                case "{" -> AsPath.SegmentType.SET;
                case "(" -> AsPath.SegmentType.CONFED_SEQUENCE;
                case "[" -> AsPath.SegmentType.CONFED_SET;
                default -> AsPath.SegmentType.SEQUENCE;
            };
            List<Long> numbers = Arrays.stream(matcher.group(2).strip().split(" +", -1))
                    .filter(number -> !number.isEmpty())
                    .map(Long::valueOf)
                    .toList();
            if (!numbers.isEmpty()) {
                segments.add(new AsPath.Segment(type, numbers));
            }
        }
        return new AsPath(segments);
    }

    static JsonNode write(Object value, Type declared) {
        return switch (value) {
            case Integer number -> IntNode.valueOf(number);
            case Long number -> LongNode.valueOf(number);
            case Boolean flag -> BooleanNode.valueOf(flag);
            case Enum<?> constant -> TextNode.valueOf(constant.name());
            case PathAttributes attributes -> attributes(attributes);
            case List<?> list -> {
                ArrayNode array = JsonNodeFactory.instance.arrayNode();
                list.forEach(one -> array.add(write(one, argument(declared, 0))));
                yield array;
            }
            case Map<?, ?> map -> {
                var ordered = new TreeMap<String, JsonNode>();
                map.forEach((key, one) -> ordered.put(key.toString(), write(one, argument(declared, 1))));
                ObjectNode object = JsonNodeFactory.instance.objectNode();
                object.setAll(ordered);
                yield object;
            }
            default -> {
                Leaf leaf = leaf(value.getClass());
                yield leaf == null
                        ? components(value, declared)
                        : TextNode.valueOf(leaf.write().apply(value));
            }
        };
    }

    private static ObjectNode components(Object value, Type declared) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        if (((Class<?>) declared).isInterface()) {
            object.put("is", value.getClass().getSimpleName());
        }
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            Object part = invoke(() -> component.getAccessor().invoke(value));
            if (part != null) {
                object.set(component.getName(), write(part, component.getGenericType()));
            }
        }
        return object;
    }

    static @Nullable Object read(@Nullable JsonNode node, Type declared) {
        if (node == null) {
            return null;
        }
        Class<?> raw =
                declared instanceof ParameterizedType generic ? (Class<?>) generic.getRawType() : (Class<?>) declared;
        if (raw == int.class || raw == Integer.class) {
            return node.intValue();
        }
        if (raw == long.class || raw == Long.class) {
            return node.longValue();
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return node.booleanValue();
        }
        if (raw.isEnum()) {
            return Arrays.stream(raw.getEnumConstants())
                    .filter(constant -> ((Enum<?>) constant).name().equals(node.asText()))
                    .findFirst()
                    .orElseThrow();
        }
        if (raw == PathAttributes.class) {
            return attributes(node);
        }
        if (raw == List.class) {
            var list = new ArrayList<>();
            node.forEach(one -> list.add(read(one, argument(declared, 0))));
            return list;
        }
        if (raw == Map.class) {
            Leaf key = leaf((Class<?>) argument(declared, 0));
            var map = new LinkedHashMap<>();
            node.properties()
                    .forEach(one -> map.put(
                            java.util.Objects.requireNonNull(key).read().apply(one.getKey()),
                            read(one.getValue(), argument(declared, 1))));
            return map;
        }
        Leaf leaf = leaf(raw);
        return leaf == null ? components(node, raw) : leaf.read().apply(node.asText());
    }

    private static Object components(JsonNode node, Class<?> declared) {
        Class<?> type = declared;
        if (declared.isInterface()) {
            String name = node.path("is").asText();
            type = Arrays.stream(declared.getPermittedSubclasses())
                    .filter(permitted -> permitted.getSimpleName().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(declared.getSimpleName() + " is no '" + name + "'"));
        }
        Class<?> record = type;
        RecordComponent[] parts = record.getRecordComponents();
        Object[] values = Arrays.stream(parts)
                .map(part -> read(node.get(part.getName()), part.getGenericType()))
                .toArray();
        Class<?>[] types = Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new);
        return invoke(() -> {
            var constructor = record.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        });
    }

    /// What reflection calls.
    private interface Call {
        Object now() throws ReflectiveOperationException;
    }

    private static Object invoke(Call call) {
        try {
            return call.now();
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    private static @Nullable Leaf leaf(Class<?> type) {
        Leaf leaf = LEAVES.get(type);
        return leaf == null && IpAddress.class.isAssignableFrom(type) ? LEAVES.get(IpAddress.class) : leaf;
    }

    private static Type argument(Type declared, int index) {
        return ((ParameterizedType) declared).getActualTypeArguments()[index];
    }

    /// What is there, by the builder's names.
    private static ObjectNode attributes(PathAttributes attributes) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("origin", attributes.origin().name());
        object.put("asPath", attributes.asPath().toString());
        put(object, "nextHop", attributes.nextHop());
        put(object, "linkLocalNextHop", attributes.linkLocalNextHop());
        if (attributes.opaqueNextHop().length() > 0) {
            put(object, "opaqueNextHop", attributes.opaqueNextHop());
        }
        number(object, "med", attributes.med());
        number(object, "localPref", attributes.localPref());
        if (attributes.atomicAggregate()) {
            object.put("atomicAggregate", true);
        }
        list(object, "communities", attributes.communities(), word -> (word >>> 16) + ":" + (word & 0xffff));
        list(object, "extendedCommunities", attributes.extendedCommunities(), ValueText::leafText);
        List<JsonNode> ipv6 = attributes.ipv6ExtendedCommunities().stream()
                .map(one -> write(one, Ipv6ExtendedCommunity.class))
                .toList();
        if (!ipv6.isEmpty()) {
            object.putArray("ipv6ExtendedCommunities").addAll(ipv6);
        }
        list(object, "largeCommunities", attributes.largeCommunities(), ValueText::leafText);
        number(object, "onlyToCustomer", attributes.onlyToCustomer());
        put(object, "originatorId", attributes.originatorId());
        list(object, "clusterList", attributes.clusterList(), ValueText::dotted);
        ArrayNode others = JsonNodeFactory.instance.arrayNode();
        attributes.others().forEach(other -> others.add(other(attributes, other)));
        if (!others.isEmpty()) {
            object.set("others", others);
        }
        ArrayNode partial = JsonNodeFactory.instance.arrayNode();
        for (int type = 0; type < 64; type++) {
            if (attributes.isPartial(type)) {
                partial.add(type);
            }
        }
        if (!partial.isEmpty()) {
            object.set("partial", partial);
        }
        return object;
    }

    /// As it stands, and beside it what it says, where we know that; only the former is read.
    private static JsonNode other(PathAttributes attributes, RawAttribute other) {
        ObjectNode raw = (ObjectNode) write(other, RawAttribute.class);
        if (other.type() == AttributeCode.PMSI_TUNNEL && attributes.pmsiTunnel() != null) {
            raw.set("says", write(attributes.pmsiTunnel(), PmsiTunnel.class));
        } else if (other.type() == AttributeCode.TUNNEL_ENCAPSULATION) {
            ArrayNode tunnels = raw.putArray("says");
            attributes.tunnels().forEach(tunnel -> tunnels.add(write(tunnel, Tunnel.class)));
        }
        return raw;
    }

    private static String leafText(Object value) {
        return java.util.Objects.requireNonNull(leaf(value.getClass())).write().apply(value);
    }

    private static void put(ObjectNode object, String name, @Nullable Object value) {
        if (value != null) {
            object.put(name, leafText(value));
        }
    }

    private static void number(ObjectNode object, String name, long value) {
        if (value != PathAttributes.ABSENT) {
            object.put(name, value);
        }
    }

    private static <T> void list(ObjectNode object, String name, List<T> values, Function<T, String> text) {
        if (!values.isEmpty()) {
            ArrayNode array = object.putArray(name);
            values.forEach(value -> array.add(text.apply(value)));
        }
    }

    private static PathAttributes attributes(JsonNode node) {
        var builder = PathAttributes.builder()
                .origin(Origin.valueOf(node.path("origin").asText()))
                .asPath(asPath(node.path("asPath").asText()))
                .nextHop((IpAddress) read(node.get("nextHop"), IpAddress.class))
                .linkLocalNextHop(
                        (slash32.net.Ipv6Address) read(node.get("linkLocalNextHop"), slash32.net.Ipv6Address.class))
                .opaqueNextHop(Bytes.fromHex(node.path("opaqueNextHop").asText("")))
                .med(node.path("med").asLong(PathAttributes.ABSENT))
                .localPref(node.path("localPref").asLong(PathAttributes.ABSENT))
                .atomicAggregate(node.path("atomicAggregate").asBoolean())
                .communities(each(node, "communities", ValueText::community))
                .extendedCommunities(
                        each(node, "extendedCommunities", one -> new ExtendedCommunity(word(one.asText()))))
                .ipv6ExtendedCommunities(each(node, "ipv6ExtendedCommunities", one ->
                        (Ipv6ExtendedCommunity) components(one, Ipv6ExtendedCommunity.class)))
                .largeCommunities(each(node, "largeCommunities", one -> largeCommunity(one.asText())))
                .onlyToCustomer(node.path("onlyToCustomer").asLong(PathAttributes.ABSENT))
                .originatorId((BgpIdentifier) read(node.get("originatorId"), BgpIdentifier.class))
                .clusterList(each(node, "clusterList", one -> dotted(one.asText())));
        node.path("others").forEach(one -> {
            var raw = (RawAttribute) components(one, RawAttribute.class);
            builder.other(raw.flags(), raw.type(), raw.value());
        });
        node.path("partial").forEach(type -> builder.partial(type.asInt()));
        return builder.build();
    }

    private static int community(JsonNode node) {
        String[] halves = node.asText().split(":", -1);
        return Integer.parseInt(halves[0]) << 16 | Integer.parseInt(halves[1]);
    }

    private static <T> List<T> each(JsonNode node, String name, Function<JsonNode, T> read) {
        var list = new ArrayList<T>();
        node.path(name).forEach(one -> list.add(read.apply(one)));
        return list;
    }
}
