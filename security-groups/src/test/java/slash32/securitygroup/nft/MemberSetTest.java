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

    /// Grows, shrinks, and grows again, with addresses that differ in any of their words.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void holdsWhatASetOfItsAddressesHolds(boolean wide) {
        var random = new Random(1);
        var set = new MemberSet(wide);
        Set<List<Long>> expected = new HashSet<>();
        for (int i = 0; i < STEPS; i++) {
            long high = wide ? (long) random.nextInt(4) << 32 | random.nextInt(4) : random.nextInt(256) * 0x0101_0101L;
            long low = wide ? (long) random.nextInt(4) << 32 | random.nextInt(4) : 0;
            boolean grows = (i / 20_000) % 2 == 0;
            if (random.nextInt(10) < (grows ? 8 : 1)) {
                assertThat(set.add(high, low)).isEqualTo(expected.add(List.of(high, low)));
            } else {
                assertThat(set.remove(high, low)).isEqualTo(expected.remove(List.of(high, low)));
            }
            assertThat(set.size()).isEqualTo(expected.size());
            assertThat(set.contains(high, low)).isEqualTo(expected.contains(List.of(high, low)));
        }
        Set<List<Long>> held = new HashSet<>();
        set.forEach((high, low) -> held.add(List.of(high, low)));
        assertThat(held).isEqualTo(expected);
    }
}
