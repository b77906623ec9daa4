package slash32.agent.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.Samples;

class StateStoreTest {
    private final Path folder;

    StateStoreTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @Test
    void whatIsDurableIsThereAfterARestart() throws Exception {
        try (var store = running()) {
            store.store.put(Samples.endpoint(1));
            store.store.put(Samples.createdEndpoint());
            store.store.put(Samples.group(100));
            store.store.put(Samples.group(101));
            store.store.remove(Samples.group(101).id());
            store.store.put(Samples.endpoint(2));
            store.store.awaitDurable(store.store.remove(Samples.endpoint(2).id()));

            // Read while the first one is still there, as after kill -9.
            var again = StateStore.open(folder);
            assertThat(again.lost()).isNull();
            assertThat(again.recoveredEndpoints())
                    .containsExactlyInAnyOrder(Samples.endpoint(1), Samples.createdEndpoint());
            assertThat(again.recoveredGroups()).containsExactly(Samples.group(100));
        }
    }

    @Test
    void whatWasNotedBeforeCloseIsWritten() throws Exception {
        try (var store = running()) {
            store.store.put(Samples.endpoint(1));
        }
        assertThat(StateStore.open(folder).recoveredEndpoints()).containsExactly(Samples.endpoint(1));
    }

    @Test
    void aWholeSetReplacesWhatWasThere() throws Exception {
        try (var store = running()) {
            store.store.put(Samples.endpoint(1));
            store.store.put(Samples.group(5));
            store.store.replaceEndpoints(List.of(Samples.endpoint(2), Samples.endpoint(3)));
        }
        var again = StateStore.open(folder);
        assertThat(again.recoveredEndpoints()).containsExactly(Samples.endpoint(2), Samples.endpoint(3));
        assertThat(again.recoveredGroups()).containsExactly(Samples.group(5));
    }

    @Test
    void anUntouchedRestartKeepsEverything() throws Exception {
        try (var store = running()) {
            store.store.put(Samples.endpoint(1));
        }
        try (var store = running()) {
            store.store.put(Samples.endpoint(2));
        }
        assertThat(StateStore.open(folder).recoveredEndpoints())
                .containsExactly(Samples.endpoint(1), Samples.endpoint(2));
    }

    @Test
    void thousandsOfChangesFromManyThreadsAreAllKept() throws Exception {
        try (var store = running()) {
            var threads = IntStream.range(0, 8)
                    .mapToObj(part -> Thread.ofVirtual().start(() -> putAll(store.store, part * 250, 250)))
                    .toList();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(StateStore.open(folder).recoveredEndpoints()).hasSize(2000);
        }
    }

    private static void putAll(StateStore store, int from, int count) {
        long ticket = 0;
        for (int number = from; number < from + count; number++) {
            ticket = store.put(Samples.endpoint(number));
        }
        try {
            store.awaitDurable(ticket);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aFileTornAtAnyByteIsSetAsideAndNeverHalfLoaded() throws Exception {
        byte[] whole = someFile();
        Path file = folder.resolve("state.json");
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertLost(length);
        }
    }

    @Test
    void aFileWithAnyOneByteChangedIsSetAside() throws Exception {
        byte[] whole = someFile();
        Path file = folder.resolve("state.json");
        for (int at = 0; at < whole.length; at++) {
            byte[] changed = whole.clone();
            changed[at] ^= 1;
            Files.write(file, changed);
            assertLost(at);
        }
    }

    private byte[] someFile() throws Exception {
        try (var store = running()) {
            store.store.put(Samples.endpoint(1));
            store.store.put(Samples.group(100));
        }
        return Files.readAllBytes(folder.resolve("state.json"));
    }

    private void assertLost(int at) throws IOException {
        var store = StateStore.open(folder);
        assertThat(store.lost()).as("byte %d", at).contains("state.json is damaged and now is state.json.corrupt-1");
        assertThat(store.recoveredEndpoints()).isEmpty();
        assertThat(store.recoveredGroups()).isEmpty();
        assertThat(folder.resolve("state.json")).doesNotExist();
        Files.delete(folder.resolve("state.json.corrupt-1"));
    }

    @Test
    void damagedFilesDoNotReplaceEachOther() throws Exception {
        for (int i = 1; i <= 3; i++) {
            Files.writeString(folder.resolve("state.json"), "damage " + i);
            assertThat(StateStore.open(folder).lost()).contains("corrupt-" + i);
        }
        assertThat(Files.readString(folder.resolve("state.json.corrupt-2"))).isEqualTo("damage 2");
    }

    @Test
    void aLeftoverOfAnInterruptedWriteIsIgnored() throws Exception {
        someFile();
        Files.writeString(folder.resolve("state.json.new"), "half of it");
        assertThat(StateStore.open(folder).recoveredEndpoints()).containsExactly(Samples.endpoint(1));
    }

    @Test
    void aChangeThatCannotBeWrittenIsRefusedAndWrittenLater() throws Exception {
        // The name of the fresh file is taken by a folder, which even root can't open for writing.
        Files.createDirectories(folder.resolve("state.json.new/in-the-way"));
        try (var store = running()) {
            long ticket = store.store.put(Samples.endpoint(1));
            assertThatThrownBy(() -> store.store.awaitDurable(ticket))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("keeping desired state");

            Files.delete(folder.resolve("state.json.new/in-the-way"));
            Files.delete(folder.resolve("state.json.new"));
            store.store.awaitDurable(store.store.put(Samples.endpoint(2)));
            assertThat(StateStore.open(folder).recoveredEndpoints())
                    .containsExactly(Samples.endpoint(1), Samples.endpoint(2));
        }
    }

    @Test
    void theFolderIsMadeAndHoldsNoOtherFiles() throws Exception {
        Path deep = folder.resolve("var/lib/slash32");
        try (var store = new Running(StateStore.open(deep))) {
            store.store.awaitDurable(store.store.put(Samples.endpoint(1)));
            try (Stream<Path> files = Files.list(deep)) {
                assertThat(files.map(file -> file.getFileName().toString())).containsExactly("state.json");
            }
        }
    }

    private Running running() throws IOException {
        return new Running(StateStore.open(folder));
    }

    /// A store with its thread.
    private static final class Running implements AutoCloseable {
        final StateStore store;
        private final Thread thread;

        Running(StateStore store) {
            this.store = store;
            this.thread = Thread.ofPlatform().name("state").start(store);
        }

        @Override
        public void close() {
            store.close();
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
