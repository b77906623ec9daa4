package slash32.bgp.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.testkit.Requirement;

/// The third-party records beside the checkout, and the books of a run over them.
final class Vectors {
    static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final String name;
    private int run;
    private final List<String> differences = new ArrayList<>();
    private final Map<String, Integer> leftOut = new TreeMap<>();

    Vectors(String name) {
        this.name = name;
    }

    static Stream<JsonNode> records(String file) {
        return Requirement.sharedLines("vectors/" + file).map(Vectors::parse);
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }

    void leaveOut(String reason) {
        leftOut.merge(reason, 1, Integer::sum);
    }

    void compare(String id, Object wanted, Object is) {
        run++;
        if (!wanted.equals(is)) {
            differences.add(id + ": wanted " + wanted + ", is " + is);
        }
    }

    /// Prints "name: 10 run, 9 equal, left out {reason=3}" and returns what was not equal.
    List<String> close() {
        System.out.printf("%s: %d run, %d equal, left out %s%n", name, run, run - differences.size(), leftOut);
        return differences;
    }

    int run() {
        return run;
    }

    static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /// The session of a record's "ctx"; AS numbers of four octets where it says nothing of them.
    static Terms terms(JsonNode record) {
        JsonNode context = record.path("ctx");
        boolean four = Stream.of("asn4", "asn4_guess", "asn4_sender")
                .map(context::path)
                .filter(JsonNode::isBoolean)
                .findFirst()
                .map(JsonNode::asBoolean)
                .orElse(true);
        return new Terms("ibgp".equals(context.path("session").asText()), four, FAMILIES);
    }

    /// The UPDATE in a whole message.
    static Update update(Terms terms, byte[] message) {
        return new UpdateDecoder(terms).decode(message, Framer.HEADER_BYTES, message.length);
    }

    /// "A 192.0.2.0/24 via 10.0.0.1 path 1 2 IGP med 5" and "W 192.0.2.0/24", in order.
    static Set<String> lines(Update update) {
        var lines = new TreeSet<String>();
        update.withdrawn().forEach(slice -> prefixes(slice).forEach(prefix -> lines.add("W " + prefix)));
        for (Update.Announcement announcement : update.announced()) {
            PathAttributes attributes = announcement.attributes();
            prefixes(announcement.prefixes())
                    .forEach(prefix -> lines.add(attributes == null ? "W " + prefix : line(prefix, attributes)));
        }
        return lines;
    }

    private static String line(Prefix prefix, PathAttributes attributes) {
        long med = Math.max(0, attributes.med());
        return line(
                prefix.toString(),
                String.valueOf(attributes.nextHop()),
                attributes.asPath().toString(),
                attributes.origin().name(),
                med);
    }

    static String line(String prefix, String nextHop, @Nullable String path, String origin, long med) {
        return "A " + prefix + " via " + nextHop + (path == null ? "" : " path " + path) + " " + origin + " med " + med;
    }

    private static List<Prefix> prefixes(NlriSlice slice) {
        var prefixes = new ArrayList<Prefix>();
        boolean v4 = slice.family().equals(AddressFamily.IPV4_UNICAST);
        slice.forEach((_, high, low, length) -> prefixes.add(
                new Prefix(v4 ? new Ipv4Address((int) (high >>> 32)) : new Ipv6Address(high, low), length)));
        return prefixes;
    }
}
