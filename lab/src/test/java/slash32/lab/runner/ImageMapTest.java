package slash32.lab.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.lab.runner.ImageMap.NativeImage;

class ImageMapTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "bird:2-bookworm,bird",
        "bird,bird",
        "quay.io/x/bird:2,bird",
        "registry.example:5000/slash32,slash32",
        "alpine:3,sleep",
        "nicolaka/netshoot:v0.11,sleep",
        "mybird:2,",
        "ghcr.io/nokia/srlinux,"
    })
    void theBuiltInListKnows(String image, @Nullable String program) throws IOException {
        NativeImage found = ImageMap.read(null, "/opt/slash32/bin/slash32").find(image);
        assertThat(found == null ? null : found.cmd().getFirst()).isEqualTo(program);
    }

    @Test
    void theOwnListComesFirst() throws IOException {
        ImageMap map = read("""
                images:
                  "bird:*":
                    entrypoint: sh -c 'a b'
                    programs: {s: "${slash32}"}
                    directories: [/run/x]
                    env: {A: 1}
                    requires: {bird: bird2}
                """);
        assertThat(map.find("bird:2"))
                .isEqualTo(new NativeImage(
                        List.of("sh", "-c", "a b"),
                        List.of(),
                        Map.of("s", "/opt/slash32"),
                        List.of("/run/x"),
                        Map.of("A", "1"),
                        Map.of("bird", "bird2")));
        assertThat(Objects.requireNonNull(map.find("x/bird:2")).cmd()).contains("bird");
        assertThat(map.source()).endsWith("native.yml");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "images: {x: {command: y}} ~ unknown key command (known: entrypoint, cmd, programs",
                "image: {} ~ must have the one key images",
                "images: [] ~ images must be a mapping",
                "images: {x: {cmd: \"'\"}} ~ is not closed",
                "images: {x: {directories: y}} ~ directories must be a sequence",
                "images: [ ~ not YAML"
            })
    void refuses(String yaml, String expected) {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("native.yml")
                .hasMessageContaining(expected);
    }

    private ImageMap read(String yaml) throws IOException {
        return ImageMap.read(Files.writeString(folder.resolve("native.yml"), yaml), "/opt/slash32");
    }
}
