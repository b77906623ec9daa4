package slash32.overlay.ike.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
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
        assertThat(corpus).hasSizeGreaterThan(50);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void mutationsOfTheCorpusAreAnswered(long seed) throws IOException {
        var random = new Random(seed);
        List<byte[]> corpus = corpus();
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] input = corpus.get(random.nextInt(corpus.size())).clone();
            if (random.nextInt(3) == 0) {
                input = Arrays.copyOf(input, 1 + random.nextInt(input.length + 8));
            }
            for (int k = random.nextInt(5); k > 0; k--) {
                input[random.nextInt(input.length)] = (byte) random.nextInt();
            }
            if (input[0] == 0 && input.length > 28) {
                ByteBuffer.wrap(input).putInt(1 + 24, input.length - 1); // else the length gives it away
            }
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
