package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemberSetTest {
    private static final int STEPS = 200_000;

    /// Grows, shrinks, and grows again, with keys that differ in any of their words.
    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void holdsWhatASetOfItsKeysHolds(int width) {
        var random = new Random(width);
        var set = new MemberSet(width);
        Set<List<Long>> expected = new HashSet<>();
        for (int i = 0; i < STEPS; i++) {
            long first = 1L + random.nextInt(200);
            long second = width == 1 ? 0 : random.nextInt(10);
            long third = width == 1 ? 0 : random.nextInt(10);
            boolean grows = (i / 20_000) % 2 == 0;
            if (random.nextInt(10) < (grows ? 8 : 1)) {
                assertThat(set.add(first, second, third)).isEqualTo(expected.add(List.of(first, second, third)));
            } else {
                assertThat(set.remove(first, second, third)).isEqualTo(expected.remove(List.of(first, second, third)));
            }
            assertThat(set.size()).isEqualTo(expected.size());
            assertThat(set.contains(first, second, third)).isEqualTo(expected.contains(List.of(first, second, third)));
        }
        Set<List<Long>> held = new HashSet<>();
        set.forEach((first, second, third) -> held.add(List.of(first, second, third)));
        assertThat(held).isEqualTo(expected);
    }
}
