package slash32.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import slash32.lab.runner.Lab;
import slash32.lab.yaml.Finding;
import slash32.testkit.Requirement;

/// Every topology that we ship runs on upstream's Containerlab as well as here: its schema takes it, and so do we,
/// with nothing ignored.
class ShippedTopologiesTest {
    private static final Path HERE = Path.of(".");

    static List<Path> topologies() throws IOException {
        try (Stream<Path> files = Files.walk(HERE)) {
            return files.filter(file -> file.toString().endsWith(".clab.yml")
                            && !HERE.relativize(file).startsWith("target"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void thereAreSome() throws IOException {
        assertThat(topologies()).contains(HERE.resolve("topologies/demo/demo.clab.yml"));
    }

    @ParameterizedTest
    @MethodSource("topologies")
    void isValidUpstream(Path file) throws IOException {
        Path schemaFile = Requirement.shared("reference/clab.schema.json");
        JsonSchema schema =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(Files.readString(schemaFile));
        Object yaml = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
        JsonNode topology = new ObjectMapper().valueToTree(yaml);
        assertThat(schema.validate(topology))
                .extracting(ValidationMessage::getMessage)
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("topologies")
    void isAcceptedWithoutAFinding(Path file) throws IOException {
        List<Finding> findings = new Lab(file, null, false, System.out).check();
        // A Debian package that this host lacks says nothing of the file.
        assertThat(findings)
                .filteredOn(finding -> !finding.text().contains("apt-get install"))
                .isEmpty();
    }
}
