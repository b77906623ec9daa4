package slash32.agent.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.agent.api.Problem;
import slash32.agent.intent.StaticFile;
import slash32.securitygroup.GroupId;

class EndpointFilesTest {
    private static final String ENDPOINT =
            "endpoints:\n  - {id: web1, device: tap1, mac: '02:00:00:00:00:01', addresses: [10.1.0.1], groups: [10]}\n";
    private static final String GROUP = "groups: [{id: 10, name: web}]\n";

    private final Path folder;
    private final Decided decided = new Decided();
    private @Nullable EndpointFiles files;
    private @Nullable Thread thread;

    EndpointFilesTest(@TempDir Path folder) {
        this.folder = folder.resolve("endpoints.d");
    }

    /// Takes everything, but endpoints only of groups that are there.
    private static final class Decided implements EndpointFiles.Target {
        private final LinkedBlockingQueue<String> what = new LinkedBlockingQueue<>();
        private final Map<String, Set<GroupId>> groups = new ConcurrentHashMap<>();

        @Override
        public @Nullable Problem put(StaticFile file) {
            groups.put(
                    file.name(),
                    Set.copyOf(file.groups().stream().map(group -> group.id()).toList()));
            boolean known = file.endpoints().stream()
                    .flatMap(endpoint -> endpoint.groups().stream())
                    .allMatch(id -> groups.values().stream().anyMatch(stated -> stated.contains(id)));
            if (!known) {
                return Problem.invalid("endpoints[0].groups[0]", "no such group: 10");
            }
            what.add("%s: %d endpoints, %d groups"
                    .formatted(
                            file.name(), file.endpoints().size(), file.groups().size()));
            return null;
        }

        @Override
        public void refuse(String name, String reason) {
            what.add(name + " REFUSED " + reason);
        }

        String next() throws InterruptedException {
            return Objects.requireNonNull(what.poll(30, TimeUnit.SECONDS), "nothing was decided");
        }
    }

    @BeforeEach
    void folder() throws IOException {
        Files.createDirectories(folder);
    }

    @AfterEach
    void stop() throws Exception {
        Objects.requireNonNull(files).close();
        Objects.requireNonNull(thread).join();
    }

    private void start(String... inForce) throws IOException {
        var started = new EndpointFiles(folder, List.of(inForce), Duration.ofMillis(200), decided);
        files = started;
        thread = Thread.ofVirtual().start(() -> {
            try {
                started.run();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void write(String name, String text) throws IOException {
        Path fresh = Files.writeString(folder.resolve("." + name), text);
        Files.move(fresh, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aFileIsTakenChangedRefusedAndRemoved() throws Exception {
        write("a.yaml", GROUP + ENDPOINT);
        Files.writeString(folder.resolve("README"), "not ours");
        start();
        assertThat(decided.next()).isEqualTo("a.yaml: 1 endpoints, 1 groups");
        write("a.yaml", GROUP);
        assertThat(decided.next()).isEqualTo("a.yaml: 0 endpoints, 1 groups");
        write("a.yaml", GROUP + ENDPOINT.replace("10.1.0.1", "10.1.0.300"));
        assertThat(decided.next())
                .startsWith("a.yaml REFUSED line 3, column ")
                .contains("endpoints[0].addresses[0]: ", "10.1.0.300");
        write("a.yaml", GROUP + ENDPOINT);
        assertThat(decided.next()).isEqualTo("a.yaml: 1 endpoints, 1 groups");
        Files.delete(folder.resolve("a.yaml"));
        assertThat(decided.next()).isEqualTo("a.yaml: 0 endpoints, 0 groups");
        assertThat(decided.what).isEmpty();
    }

    @Test
    void theOrderInWhichFilesNeedEachOtherIsFound() throws Exception {
        write("1-endpoints.yaml", ENDPOINT);
        start();
        assertThat(decided.next()).isEqualTo("1-endpoints.yaml REFUSED endpoints[0].groups[0]: no such group: 10");
        write("2-groups.yaml", GROUP);
        assertThat(decided.next()).isEqualTo("2-groups.yaml: 0 endpoints, 1 groups");
        assertThat(decided.next()).isEqualTo("1-endpoints.yaml: 1 endpoints, 0 groups");
    }

    @Test
    void aFolderMayComeLaterAndTakesNothingWithIt() throws Exception {
        Files.delete(folder);
        start("kept.yaml");
        assertThat(decided.next()).startsWith("kept.yaml REFUSED " + folder + " can't be read: ");
        Files.createDirectories(folder);
        write("a.yaml", GROUP);
        write("kept.yaml", "groups: [{id: 11}]");
        assertThat(List.of(decided.next(), decided.next()))
                .containsExactlyInAnyOrder("a.yaml: 0 endpoints, 1 groups", "kept.yaml: 0 endpoints, 1 groups");
        Files.move(folder, folder.resolveSibling("gone.d"));
        assertThat(List.of(decided.next(), decided.next())).allMatch(what -> what.contains("can't be read"));
        Files.delete(folder.resolveSibling("gone.d").resolve("kept.yaml"));
        Files.move(folder.resolveSibling("gone.d"), folder);
        assertThat(List.of(decided.next(), decided.next()))
                .containsExactlyInAnyOrder("a.yaml: 0 endpoints, 1 groups", "kept.yaml: 0 endpoints, 0 groups");
    }

    @Test
    void aFileThatWentWhileTheAgentWasAwayTakesItsWordsWithIt() throws Exception {
        start("old.yaml");
        assertThat(decided.next()).isEqualTo("old.yaml: 0 endpoints, 0 groups");
    }

    @Test
    void aLinkThatLeadsNowhereTakesNothing() throws Exception {
        Files.createSymbolicLink(folder.resolve("a.yaml"), Path.of("nowhere"));
        start("a.yaml");
        assertThat(decided.next()).isEqualTo("a.yaml REFUSED java.nio.file.NoSuchFileException: " + folder + "/a.yaml");
        write("nowhere", GROUP);
        assertThat(decided.next()).isEqualTo("a.yaml: 0 endpoints, 1 groups");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            groups: [                        | line 1, column 10: not YAML: "expected the node content
            a: 1~a: 2                        | line 2, column 1: a is there twice
            ? [a]~: 1                        | line 1, column 3: a key must be text
            a: &x [1]~b: *x                  | not YAML: Number of aliases
            a: &x [*x]                       | not YAML: Number of aliases
            [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]] | nested deeper than 16 levels
            a: .inf                          | line 1, column 4: not a number: .inf
            --- 1~--- 2                      | not YAML: but found another document
            """)
    void whatIsNoPlainTreeIsRefused(String text, String reason) throws Exception {
        start();
        assertThatThrownBy(() -> YamlDocument.parse("a.yaml", text.replace('~', '\n')))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining(reason.replace("\"", ""));
    }

    @Test
    void valuesAreThoseOfJson() throws Exception {
        start();
        var document =
                YamlDocument.parse("a.yaml", "a: 1\nb: [true, null, 'x', 02:00:00:00:00:01, 1.5]\nc: {d: 10.0.0.1}");
        assertThat(document.root().toString())
                .isEqualTo("{\"a\":1,\"b\":[true,null,\"x\",\"02:00:00:00:00:01\",1.5],\"c\":{\"d\":\"10.0.0.1\"}}");
        assertThat(document.place("c.d")).isEqualTo("line 3, column 8: ");
        assertThat(document.place("c.missing[3].x")).isEqualTo("line 3, column 4: ");
        assertThat(YamlDocument.parse("a.yaml", "# nothing\n").root().toString())
                .isEqualTo("{}");
    }
}
