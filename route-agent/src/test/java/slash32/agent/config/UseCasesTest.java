package slash32.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// docs/use-cases.md: every configuration that it shows is one.
class UseCasesTest {
    private static final Pattern YAML = Pattern.compile("^```yaml\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    static List<String> configurations() throws IOException {
        String page = Files.readString(Path.of("../docs/use-cases.md"));
        return YAML.matcher(page).results().map(found -> found.group(1)).toList();
    }

    @Test
    void thereIsOneForEachCase() throws IOException {
        assertThat(configurations()).hasSize(4);
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void isAccepted(String configuration) {
        assertThat(ConfigFile.parse(configuration)).isInstanceOf(Loaded.Accepted.class);
    }
}
