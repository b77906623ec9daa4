package slash32.overlay.esp.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Corpus;
import slash32.testkit.Seeds;

/// The corpus that coverage-guided fuzzing found, once more, and mutations of it for a moment.
class FuzzTest {
    @Test
    void theCorpusIsAnswered() throws IOException {
        List<byte[]> inputs = Corpus.beside(FuzzTest.class).inputs();
        inputs.forEach(DecoderFuzz::fuzzerTestOneInput);
        assertThat(inputs).hasSizeGreaterThan(50);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void mutationsOfTheCorpusAreAnswered(long seed) throws IOException {
        Corpus.beside(FuzzTest.class).mutated(seed, FuzzTest::mutation, DecoderFuzz::fuzzerTestOneInput);
    }

    private static byte[] mutation(List<byte[]> inputs, Random random) {
        byte[] input = inputs.get(random.nextInt(inputs.size())).clone();
        if (random.nextInt(3) == 0) {
            input = Arrays.copyOf(input, 2 + random.nextInt(input.length + 8));
        }
        for (int k = random.nextInt(4); k > 0; k--) {
            input[random.nextInt(input.length)] = (byte) random.nextInt();
        }
        return input;
    }

    static Stream<Long> seeds() {
        return Seeds.of(3, 1, 2);
    }
}
