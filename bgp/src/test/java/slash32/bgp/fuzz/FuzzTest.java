package slash32.bgp.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

/// The corpus that coverage-guided fuzzing found, once more, and mutations of it for a moment.
class FuzzTest {
    private static final int MUTATIONS = 20_000;

    private static List<byte[]> corpus() throws IOException {
        try (InputStream file = FuzzTest.class.getResourceAsStream("corpus.hex")) {
            String text = new String(Objects.requireNonNull(file, "corpus.hex").readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().map(HexFormat.of()::parseHex).toList();
        }
    }

    @Test
    void theCorpusIsAnswered() throws IOException {
        List<byte[]> corpus = corpus();
        corpus.forEach(DecoderFuzz::fuzzerTestOneInput);
        assertThat(corpus).hasSizeGreaterThan(500);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void mutationsOfTheCorpusAreAnswered(long seed) throws IOException {
        var random = new Random(seed);
        List<byte[]> corpus = corpus();
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] one = corpus.get(random.nextInt(corpus.size()));
            byte[] other = corpus.get(random.nextInt(corpus.size()));
            byte[] input = Arrays.copyOf(one, Math.max(1, one.length - random.nextInt(3) + random.nextInt(12)));
            for (int k = random.nextInt(5); k > 0; k--) {
                input[random.nextInt(input.length)] = (byte) random.nextInt();
            }
            int length = random.nextInt(1 + Math.min(other.length, input.length));
            System.arraycopy(other, other.length - length, input, input.length - length, random.nextInt(length + 1));
            try {
                DecoderFuzz.fuzzerTestOneInput(input);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("input " + HexFormat.of().formatHex(input), e);
            }
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(3, 1, 2);
    }
}
