package slash32.testkit;

import java.util.stream.LongStream;
import java.util.stream.Stream;

/// Seeds of randomized tests: the ones that once failed and some fresh ones. {@code -Dseeds=N} runs N fresh ones,
/// {@code -Dseed=N} only N.
public final class Seeds {
    private Seeds() {}

    /// {@code known} and {@code fresh} new ones. Each is printed in the name of its test case.
    ///
    /// @param fresh a few, for each run of the build adds to them
    public static Stream<Long> of(int fresh, long... known) {
        String only = System.getProperty("seed");
        if (only != null) {
            return Stream.of(Long.valueOf(only));
        }
        long first = System.nanoTime() & 0xffff_ffffL;
        return LongStream.concat(
                        LongStream.of(known), LongStream.range(first, first + Integer.getInteger("seeds", fresh)))
                .boxed();
    }
}
