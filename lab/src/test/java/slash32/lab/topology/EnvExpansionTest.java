package slash32.lab.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvExpansionTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '\0',
            ignoreLeadingAndTrailingWhitespace = true,
            value = {
                "a $SET b ~ a value b",
                "a ${SET} b ~ a value b",
                "$UNSET ${UNSET} ~ $UNSET ${UNSET}",
                "${SET:-d} ${UNSET:-d e} ${EMPTY:-f} ~ value d e f",
                "${SET:=d} ${UNSET:=d} ~ value d",
                "${SET:+x}|${UNSET:+x}|${EMPTY:+x} ~ x||",
                "$$SET $${SET} ~ $SET ${SET}",
                "date +%s%N; echo $? $1 ${x#y} ~ date +%s%N; echo $? $1 ${x#y}",
                "$SETMORE ~ $SETMORE"
            })
    void expands(String text, String expected) {
        assertThat(EnvExpansion.expand(text, Map.of("SET", "value", "EMPTY", "")))
                .isEqualTo(expected);
    }

    @Test
    void linesKeepTheirNumbers() {
        assertThat(EnvExpansion.expand("a: $TWO\nb", Map.of("TWO", "1\n2"))).isEqualTo("a: 1 2\nb");
    }
}
