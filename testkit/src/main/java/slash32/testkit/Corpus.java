package slash32.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;

/// Inputs of a decoder that coverage-guided fuzzing found.
///
/// @param inputs none is to be changed
public record Corpus(List<byte[]> inputs) {
    private static final int MUTATIONS = 10_000;

    /// Makes an input out of those that are there.
    public interface Mutation {
        byte[] of(List<byte[]> inputs, Random random);
    }

    /// The file `corpus.hex` beside {@code test}, an input a line.
    public static Corpus beside(Class<?> test) throws IOException {
        try (InputStream file = test.getResourceAsStream("corpus.hex")) {
            String text = new String(Objects.requireNonNull(file, "corpus.hex").readAllBytes(), StandardCharsets.UTF_8);
            return new Corpus(text.lines().map(HexFormat.of()::parseHex).toList());
        }
    }

    /// Feeds {@code decoder} with mutations for a moment.
    ///
    /// @throws AssertionError naming the input that it did not answer
    public void mutated(long seed, Mutation mutation, Consumer<byte[]> decoder) {
        var random = new Random(seed);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] input = mutation.of(inputs, random);
            try {
                decoder.accept(input);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("input " + HexFormat.of().formatHex(input), e);
            }
        }
    }
}
