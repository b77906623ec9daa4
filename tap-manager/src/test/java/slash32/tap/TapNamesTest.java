package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.tap.TapOrigin.Adopted;
import slash32.tap.TapOrigin.Created;

class TapNamesTest {
    /// From `printf %s vm1/nic0 | sha256sum | xxd -r -p | base32`: a name must never change between releases.
    @Test
    void namesAreForEver() {
        assertThat(TapNames.of("vm1/nic0")).hasToString("s32iad3b335ha4p");
    }

    @Test
    void namesDiffer() {
        assertThat(IntStream.range(0, 100_000)
                        .mapToObj(i -> TapNames.of("port-" + i))
                        .distinct())
                .hasSize(100_000);
    }

    @ParameterizedTest
    @CsvSource({"slash32:vm1/nic0", "slash32:vm1/nic0 adopted", "slash32:vm1/nic0 adopted-any"})
    void marksAreReadAsTheyAreWritten(String alias) {
        assertThat(TapMark.parse(alias))
                .isNotNull()
                .extracting(TapMark::endpoint, TapMark::text)
                .containsExactly("vm1/nic0", alias);
    }

    @Test
    void marksSayWhoMadeTheInterface() {
        assertThat(TapMark.parse(
                        TapMark.of(TapSpec.of("a", Created.PLAIN, 1500)).text()))
                .isEqualTo(new TapMark("a", null));
        assertThat(TapMark.parse(TapMark.of(TapSpec.of("a", Adopted.TAP, 1500)).text()))
                .isEqualTo(new TapMark("a", Adopted.TAP));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "slash32",
                "slash32:",
                "slash32: adopted",
                "Slash32:a",
                "libvirt",
                "slash32:a b",
                "slash32:a adopted x",
                "slash32:a adopted "
            })
    void everyOtherAliasIsAStrangers(String alias) {
        assertThat(TapMark.parse(alias)).isNull();
    }
}
