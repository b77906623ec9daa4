package slash32.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumberRangeTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "7000", "5000-5999", "1-16777215"})
    void readsWhatItWrites(String text) {
        assertThat(NumberRange.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "5-", "-5", "5-4", "1-2-3", "1 - 2", "9999999999", "a"})
    void refusesWhatIsNoRange(String text) {
        assertThatThrownBy(() -> NumberRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void holdsItsEnds() {
        var ranges = List.of(NumberRange.parse("10-20"), NumberRange.parse("30"));
        assertThat(NumberRange.contains(ranges, 10)).isTrue();
        assertThat(NumberRange.contains(ranges, 20)).isTrue();
        assertThat(NumberRange.contains(ranges, 30)).isTrue();
        assertThat(NumberRange.contains(ranges, 9)).isFalse();
        assertThat(NumberRange.contains(ranges, 21)).isFalse();
        assertThat(NumberRange.covers(ranges, NumberRange.parse("12-20"))).isTrue();
        assertThat(NumberRange.covers(ranges, NumberRange.parse("20-30"))).isFalse();
    }
}
