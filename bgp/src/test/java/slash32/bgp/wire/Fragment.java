package slash32.bgp.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import slash32.net.Bytes;

/// A third-party record that is part of a message, as {@code fragments.txt} says what it is: put into a message, or the
/// reason why it can't be.
sealed interface Fragment {
    /// A whole message around it.
    ///
    /// @param fourOctetAs its AS numbers are of four octets
    /// @param paths its routes have path identifiers
    record Whole(Bytes message, boolean fourOctetAs, boolean paths) implements Fragment {}

    record Left(String reason) implements Fragment {}

    /// A line of the table.
    record Rule(String file, Pattern pattern, List<String> what) {}

    List<Rule> RULES = rules();

    /// AFI and SAFI by ExaBGP's names, and by those of families that we have no name for.
    Map<String, List<Integer>> FAMILIES = Map.ofEntries(
            Map.entry("ipv4/unicast", List.of(1, 1)),
            Map.entry("ipv6/unicast", List.of(2, 1)),
            Map.entry("ipv4/multicast", List.of(1, 2)),
            Map.entry("ipv6/multicast", List.of(2, 2)),
            Map.entry("ipv4/nlri-mpls", List.of(1, 4)),
            Map.entry("ipv6/nlri-mpls", List.of(2, 4)),
            Map.entry("ipv4/mcast-vpn", List.of(1, 5)),
            Map.entry("l2vpn/vpls", List.of(25, 65)),
            Map.entry("l2vpn/evpn", List.of(25, 70)),
            Map.entry("ipv4/sr-policy", List.of(1, 73)),
            Map.entry("ipv6/sr-policy", List.of(2, 73)),
            Map.entry("ipv4/mpls-vpn", List.of(1, 128)),
            Map.entry("ipv6/mpls-vpn", List.of(2, 128)),
            Map.entry("ipv4/rtc", List.of(1, 132)),
            Map.entry("ipv4/flow", List.of(1, 133)),
            Map.entry("ipv6/flow", List.of(2, 133)),
            Map.entry("ipv4/flow-vpn", List.of(1, 134)),
            Map.entry("ipv6/flow-vpn", List.of(2, 134)));

    /// Attributes by their flags, where a record has only the value.
    Set<Integer> WELL_KNOWN = Set.of(1, 2, 3, 5, 6);

    Set<Integer> NOT_TRANSITIVE = Set.of(4, 9, 10, 14, 15, 26);

    private static List<Rule> rules() {
        try (Stream<String> lines = Files.lines(Path.of("src/test/resources/slash32/bgp/wire/fragments.txt"))) {
            return lines.filter(line -> !line.startsWith("#"))
                    .map(line -> line.split("\t", -1))
                    .map(parts -> new Rule(parts[0], Pattern.compile(parts[1]), List.of(parts[2].split(" ", -1))))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What a record is.
    ///
    /// @throws AssertionError if no line of the table fits
    static Fragment of(String file, JsonNode record) {
        String hex = record.path("hex").asText();
        if (hex.isEmpty()) {
            return new Left("text, or a path of FRR's own tests");
        }
        String about = Stream.of("id", "test", "section", "target", "package", "kind")
                        .map(field -> record.path(field).asText())
                        .reduce("", (all, field) -> all + field + "|")
                + "hex=" + hex;
        for (Rule rule : RULES) {
            if ((rule.file.equals("*") || file.contains(rule.file))
                    && rule.pattern.matcher(about).find()) {
                return rule.what.getFirst().equals("not")
                        ? new Left(String.join(" ", rule.what.subList(1, rule.what.size())))
                        : whole(rule.what, Vectors.bytes(hex));
            }
        }
        throw new AssertionError("fragments.txt does not say what this is: " + file + " " + about);
    }

    private static Whole whole(List<String> what, byte[] fragment) {
        boolean four = !what.contains("as2");
        boolean paths = what.contains("paths");
        byte[] message = switch (what.getFirst()) {
            case "attribute" -> update(fragment, attributeTypes(fragment));
            case "value" -> {
                int type = Integer.parseInt(what.get(1));
                yield update(attribute(type, fragment), Set.of(type));
            }
            case "nlri" ->
                update(reach(java.util.Objects.requireNonNull(FAMILIES.get(what.get(1))), fragment), Set.of(14));
            case "withdrawn" -> {
                var value = new ByteArrayOutputStream();
                family(java.util.Objects.requireNonNull(FAMILIES.get(what.get(1))), value);
                value.writeBytes(fragment);
                yield update(attribute(15, value.toByteArray()), Set.of(15));
            }
            case "capability" -> open(parameter(fragment));
            case "parameters" -> open(fragment);
            case "open" -> MessageEncoder.framed(Message.OPEN, fragment);
            case "update" -> MessageEncoder.framed(Message.UPDATE, fragment);
            case "notification" -> MessageEncoder.framed(Message.NOTIFICATION, fragment);
            case "refresh" -> MessageEncoder.framed(Message.ROUTE_REFRESH, fragment);
            case "unmarked" -> // length, type and body
                MessageEncoder.framed(fragment[2], java.util.Arrays.copyOfRange(fragment, 3, fragment.length));
            default -> throw new AssertionError("fragments.txt: " + what);
        };
        return new Whole(Bytes.copyOf(message), four, paths);
    }

    private static byte[] attribute(int type, byte[] value) {
        var out = new ByteArrayOutputStream();
        int flags = WELL_KNOWN.contains(type) ? 0x40 : NOT_TRANSITIVE.contains(type) ? 0x80 : 0xc0;
        AttributeEncoder.header(flags, type, value.length, out);
        out.writeBytes(value);
        return out.toByteArray();
    }

    /// The types of attributes that stand one behind the other, as far as they can be read.
    private static Set<Integer> attributeTypes(byte[] attributes) {
        var types = new java.util.HashSet<Integer>();
        int at = 0;
        while (at + 3 <= attributes.length) {
            types.add(attributes[at + 1] & 0xff);
            boolean extended = (attributes[at] & 0x10) != 0 && at + 4 <= attributes.length;
            at += extended
                    ? 4 + ((attributes[at + 2] & 0xff) << 8 | (attributes[at + 3] & 0xff))
                    : 3 + (attributes[at + 2] & 0xff);
        }
        return types;
    }

    private static void family(List<Integer> family, ByteArrayOutputStream out) {
        MessageEncoder.u16(family.getFirst(), out);
        out.write(family.getLast());
    }

    private static byte[] reach(List<Integer> family, byte[] nlri) {
        boolean ipv6 = family.getFirst() == 2;
        int safi = family.getLast();
        var value = new ByteArrayOutputStream();
        family(family, value);
        byte[] gateway = ipv6 ? Vectors.bytes("20010db8000000000000000000000001") : Vectors.bytes("c0000201");
        byte[] zeros = new byte[safi == 128 ? 8 : 0];
        boolean none = safi == 133 || safi == 134;
        value.write(none ? 0 : zeros.length + gateway.length);
        if (!none) {
            value.writeBytes(zeros);
            value.writeBytes(gateway);
        }
        value.write(0);
        value.writeBytes(nlri);
        return attribute(14, value.toByteArray());
    }

    /// An UPDATE with the mandatory attributes, those that are {@code there} apart, and a route if none is there.
    private static byte[] update(byte[] attributes, Set<Integer> there) {
        var block = new ByteArrayOutputStream();
        block.writeBytes(there.contains(1) ? new byte[0] : Vectors.bytes("40010100"));
        block.writeBytes(there.contains(2) ? new byte[0] : Vectors.bytes("400200"));
        boolean route = !there.contains(14) && !there.contains(15);
        block.writeBytes(!route || there.contains(3) ? new byte[0] : Vectors.bytes("400304c0000201"));
        block.writeBytes(there.contains(5) ? new byte[0] : Vectors.bytes("40050400000064"));
        block.writeBytes(attributes);
        var body = new ByteArrayOutputStream();
        MessageEncoder.u16(0, body);
        MessageEncoder.u16(block.size(), body);
        body.writeBytes(block.toByteArray());
        body.writeBytes(route ? Vectors.bytes("180a0900") : new byte[0]);
        return MessageEncoder.framed(Message.UPDATE, body.toByteArray());
    }

    private static byte[] parameter(byte[] capability) {
        var out = new ByteArrayOutputStream();
        out.write(2);
        out.write(capability.length);
        out.writeBytes(capability);
        return out.toByteArray();
    }

    private static byte[] open(byte[] parameters) {
        var body = new ByteArrayOutputStream();
        body.writeBytes(Vectors.bytes("04fde9005ac0000201"));
        body.write(parameters.length);
        body.writeBytes(parameters);
        return MessageEncoder.framed(Message.OPEN, body.toByteArray());
    }
}
