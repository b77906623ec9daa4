package slash32.lab.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShellWordsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '\0',
            value = {
                "a b  c ~ a|b|c",
                "sh -c 'a b' ~ sh|-c|a b",
                "sh -c \"a \\\"b\\\" $C\" ~ sh|-c|a \"b\" $C",
                "a\\ b 'c'd\"e\" ~ a b|cde",
                "echo '' x ~ echo||x",
                "echo a # not this ~ echo|a",
                "echo a#b ~ echo|a#b"
            })
    void splitsLikeUpstream(String text, String words) {
        assertThat(ShellWords.split(text)).containsExactly(words.split("\\|", -1));
    }

    @Test
    void aLineOfSeveralLinesIsOneCommand() {
        assertThat(ShellWords.split("vtysh -c 'conf t'\n -c '!'\n"))
                .isEqualTo(List.of("vtysh", "-c", "conf t", "-c", "!"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '\0',
            value = {"a 'b ~ '", "a \"b ~ \"", "a\\ ~ backslash"})
    void refusesWhatIsNotClosed(String text, String named) {
        assertThatThrownBy(() -> ShellWords.split(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(named);
    }

    @Test
    void aQuotedWordIsSplitBackToItself() {
        var words = List.of("plain-1.2", "two words", "it's", "", "$HOME `x` \"y\" \\ *");
        String line = String.join(" ", words.stream().map(ShellWords::quote).toList());
        assertThat(ShellWords.split(line)).isEqualTo(words);
    }
}
