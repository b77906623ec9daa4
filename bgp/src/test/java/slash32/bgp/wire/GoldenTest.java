package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.bmp.BmpDecoder;
import slash32.bgp.bmp.BmpEncoder;
import slash32.bgp.bmp.BmpMessage;

/// The golden files: each octet string there says what stands beside it, and that is written as these octets.
class GoldenTest {
    private static final AddressFamily UNKNOWN = new AddressFamily(16388, 71);
    private static final Set<AddressFamily> FAMILIES = KnownFamilies.and(UNKNOWN);

    /// What an UPDATE says of one family.
    sealed interface Part {
        record Withdrawn(AddressFamily family, List<Nlri> routes) implements Part {}

        record Announced(AddressFamily family, PathAttributes attributes, List<Nlri> routes) implements Part {}

        record EndOfRib(AddressFamily family) implements Part {}
    }

    static Stream<GoldenFile.Entry> entries() {
        return GoldenFile.all().stream().flatMap(file -> file.entries().stream());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("entries")
    void octetsAndTextSayTheSame(GoldenFile.Entry entry) {
        assertThat(said(entry, entry.hex())).hasToString(entry.text().toString());
        assertThat(written(entry)).isEqualTo(entry.again() == null ? entry.hex() : entry.again());
    }

    /// Every entry has its source, and one that we write otherwise the reason.
    @Test
    void everyEntrySaysWhereItIsFrom() {
        assertThat(entries()).isNotEmpty().allSatisfy(entry -> {
            assertThat(entry.source()).as(entry.toString()).isNotEmpty();
            assertThat(entry.again() == null).as(entry.toString()).isEqualTo(entry.why() == null);
        });
    }

    /// By what the octets say today; an entry without octets gets those that its text is written as.
    @BeforeAll
    static void rewrite() throws IOException {
        if (Boolean.getBoolean("golden.write")) {
            for (GoldenFile file : GoldenFile.all()) {
                file.with(file.entries().stream().map(GoldenTest::now).toList()).write();
            }
        }
    }

    @Test
    void theFilesAreAsTheyAreWritten() throws IOException {
        for (GoldenFile file : GoldenFile.all()) {
            assertThat(file.printed())
                    .as("%s; 'make golden' rewrites it", file.path())
                    .isEqualTo(Files.readString(file.path()));
        }
    }

    private static GoldenFile.Entry now(GoldenFile.Entry entry) {
        String hex = entry.hex().isEmpty() ? written(entry) : entry.hex();
        var decoded = entry.with(hex, said(entry, hex), null);
        String again = written(decoded);
        return again.equals(hex) ? decoded : entry.with(hex, decoded.text(), again);
    }

    private static JsonNode said(GoldenFile.Entry entry, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return switch (entry.kind()) {
            case "message" -> ValueText.write(message(bytes), Message.class);
            case "update" -> ValueText.write(parts(terms(entry), bytes), GoldenFile.listOf(Part.class));
            case "bmp" -> ValueText.write(bmp(bytes), BmpMessage.class);
            case "mrt" -> ValueText.write(MrtRecord.decode(bytes), GoldenFile.listOf(MrtRecord.class));
            default -> throw new AssertionError("no kind '" + entry.kind() + "'");
        };
    }

    private static String written(GoldenFile.Entry entry) {
        Object value = switch (entry.kind()) {
            case "message" -> ValueText.read(entry.text(), Message.class);
            case "update" -> ValueText.read(entry.text(), GoldenFile.listOf(Part.class));
            case "bmp" -> ValueText.read(entry.text(), BmpMessage.class);
            case "mrt" -> ValueText.read(entry.text(), GoldenFile.listOf(MrtRecord.class));
            default -> throw new AssertionError("no kind '" + entry.kind() + "'");
        };
        var out = new ByteArrayOutputStream();
        switch (Objects.requireNonNull(value, entry::toString)) {
            case Message message -> out.writeBytes(MessageEncoder.encode(message));
            case BmpMessage message -> out.writeBytes(BmpEncoder.encode(message));
            case List<?> list ->
                list.forEach(one -> {
                    if (one instanceof MrtRecord record) {
                        out.writeBytes(record.encode());
                    } else {
                        write(terms(entry), (Part) one, out);
                    }
                });
            default -> throw new AssertionError(value.toString());
        }
        return HexFormat.of().formatHex(out.toByteArray());
    }

    private static void write(Terms terms, Part part, ByteArrayOutputStream out) {
        var encoder = new UpdateEncoder(terms, out::writeBytes);
        switch (part) {
            case Part.Withdrawn(AddressFamily family, List<Nlri> routes) -> {
                encoder.beginWithdrawing(family);
                routes.forEach(encoder::add);
                encoder.end();
            }
            case Part.Announced(AddressFamily family, PathAttributes attributes, List<Nlri> routes) -> {
                encoder.beginAnnouncing(family, attributes);
                routes.forEach(encoder::add);
                encoder.end();
            }
            case Part.EndOfRib(AddressFamily family) -> out.writeBytes(MessageEncoder.endOfRib(family));
        }
    }

    /// Words of an entry's session: "ebgp" for "ibgp", "as2" for "as4"; "paths", "extended", "ipv6-next-hops".
    private static Terms terms(GoldenFile.Entry entry) {
        Set<String> words = Set.copyOf(Arrays.asList(entry.session().split(" ", -1)));
        Set<AddressFamily> paths = words.contains("paths") ? FAMILIES : Set.of();
        return new Terms(
                !words.contains("ebgp"),
                !words.contains("as2"),
                FAMILIES,
                paths,
                paths,
                words.contains("extended"),
                words.contains("ipv6-next-hops") ? FAMILIES : Set.of());
    }

    private static Message message(byte[] bytes) {
        if (Framer.at(bytes, 0, bytes.length) instanceof Framer.Frame.Whole(int type, int length)
                && length == bytes.length
                && MessageDecoder.decode(type, bytes, Framer.HEADER_BYTES, length)
                        instanceof MessageDecoder.Decoded.Accepted(Message message)) {
            return message;
        }
        throw new AssertionError("no message: " + HexFormat.of().formatHex(bytes));
    }

    private static List<Part> parts(Terms terms, byte[] bytes) {
        Update update = new UpdateDecoder(terms).decode(bytes, Framer.HEADER_BYTES, bytes.length);
        assertThat(update.fate())
                .as("%s %s", HexFormat.of().formatHex(bytes), update.faults())
                .isEqualTo(Fate.ACCEPT);
        var parts = new ArrayList<Part>();
        update.withdrawn().forEach(slice -> parts.add(new Part.Withdrawn(slice.family(), slice.routes())));
        for (Update.Announcement one : update.announced()) {
            PathAttributes attributes = Objects.requireNonNull(one.attributes());
            parts.add(new Part.Announced(
                    one.prefixes().family(), attributes, one.prefixes().routes()));
        }
        if (update.endOfRib() != null) {
            parts.add(new Part.EndOfRib(update.endOfRib()));
        }
        return parts;
    }

    private static BmpMessage bmp(byte[] bytes) {
        if (BmpDecoder.decode(bytes, 0, bytes.length)
                        instanceof BmpDecoder.Decoded.Accepted(BmpMessage message, int length)
                && length == bytes.length) {
            return message;
        }
        throw new AssertionError("no BMP message: " + HexFormat.of().formatHex(bytes));
    }

    /// A kind that is added here or there must get its golden octets.
    @Test
    void everyKindIsThere() {
        var seen = new TreeSet<String>();
        entries().forEach(entry -> collect(entry.text(), seen));
        var wanted = new TreeSet<String>();
        for (Class<?> sealed : List.of(
                Message.class,
                Capability.class,
                Part.class,
                Nlri.class,
                EvpnRoute.class,
                FlowComponent.class,
                BmpMessage.class,
                MrtRecord.class)) {
            Stream.of(sealed.getPermittedSubclasses()).map(Class::getSimpleName).forEach(wanted::add);
        }
        assertThat(seen).containsAll(wanted);
        var notifications = new TreeSet<String>();
        entries()
                .filter(entry -> entry.text().path("is").asText().equals("Notification"))
                .forEach(entry -> notifications.add(entry.text().path("code").asInt() + "/"
                        + entry.text().path("subcode").asInt()));
        assertThat(notifications)
                .containsAll(Stream.of(NotificationCode.values())
                        .map(code -> code.code() + "/" + code.subcode())
                        .toList());
    }

    private static void collect(JsonNode node, Set<String> names) {
        if (node.path("is").isTextual()) {
            names.add(node.path("is").asText());
        }
        node.forEach(child -> collect(child, names));
    }

    /// Every attribute with a row, and each family, in some UPDATE.
    @Test
    void everyAttributeAndFamilyIsThere() {
        var types = new TreeSet<Integer>();
        var families = new TreeSet<AddressFamily>();
        entries().filter(entry -> entry.kind().equals("update")).forEach(entry -> {
            byte[] bytes = HexFormat.of().parseHex(entry.hex());
            attributes(bytes).forEach(types::add);
            parts(terms(entry), bytes)
                    .forEach(part -> families.add(
                            switch (part) {
                                case Part.Withdrawn(AddressFamily family, var _) -> family;
                                case Part.Announced(AddressFamily family, var _, var _) -> family;
                                case Part.EndOfRib(AddressFamily family) -> family;
                            }));
        });
        assertThat(types).containsAll(AttributeDecoders.ROWS.keySet());
        assertThat(families).containsAll(FAMILIES);
    }

    private static List<Integer> attributes(byte[] update) {
        var body = new Reader(update, Framer.HEADER_BYTES, update.length);
        body.slice(body.u16());
        Reader block = body.slice(body.u16());
        var types = new ArrayList<Integer>();
        while (block.remaining() > 0) {
            int flags = block.u8();
            types.add(block.u8());
            block.slice((flags & AttributeCode.EXTENDED_LENGTH) != 0 ? block.u16() : block.u8());
        }
        return types;
    }
}
