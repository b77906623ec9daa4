package slash32.agent.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.Samples;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.StaticFile;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.net.Bytes;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

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
            store.store.put(Samples.segment());
            store.store.put(Samples.otherSegment());
            store.store.remove(Samples.otherSegment().id());
            store.store.put(Samples.endpoint(2));
            store.store.awaitDurable(store.store.remove(Samples.endpoint(2).id()));

            // Read while the first one is still there, as after kill -9.
            var again = StateStore.open(folder);
            assertThat(again.lost()).isNull();
            assertThat(again.recoveredEndpoints())
                    .containsExactlyInAnyOrder(Samples.endpoint(1), Samples.createdEndpoint());
            assertThat(again.recoveredGroups()).containsExactly(Samples.group(100));
            assertThat(again.recoveredSegments()).containsExactly(Samples.segment());
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
    void aStateFileTornAtAnyByteIsSetAsideAndNeverHalfLoaded() throws Exception {
        byte[] whole = someState();
        byte[] journal = Files.readAllBytes(journal());
        for (int length : places(whole.length)) {
            Files.write(state(), Arrays.copyOf(whole, length));
            assertLost("state.json", length);
            Files.write(journal(), journal);
        }
    }

    @Test
    void aStateFileWithAnyOneByteChangedIsSetAside() throws Exception {
        byte[] whole = someState();
        byte[] journal = Files.readAllBytes(journal());
        for (int at : places(whole.length)) {
            Files.write(state(), changed(whole, at));
            assertLost("state.json", at);
            Files.write(journal(), journal);
        }
    }

    @Test
    void aJournalWithAnyOneByteChangedIsSetAsideWithTheStateBeforeIt() throws Exception {
        someState();
        byte[] journal = someJournal();
        byte[] state = Files.readAllBytes(state());
        for (int at : places(journal.length)) {
            Files.write(state(), state);
            Files.write(journal(), changed(journal, at));
            assertLost("state.journal", at);
        }
    }

    /// The power goes while a change is written: nobody was told that it is kept.
    @Test
    void aJournalTornAtAnyByteGivesTheChangesThatAreWholeAndNoOther() throws Exception {
        someState();
        byte[] journal = someJournal();
        byte[] state = Files.readAllBytes(state());
        int lineEnds = 0;
        Set<Integer> places = places(journal.length);
        for (int length = 1; length <= journal.length; length++) {
            lineEnds += journal[length - 1] == '\n' ? 1 : 0;
            if (!places.contains(length) && length < journal.length && journal[length] != '\n') {
                continue;
            }
            Files.write(state(), state);
            Files.write(journal(), Arrays.copyOf(journal, length));
            if (lineEnds == 0) {
                assertLost("state.journal", length);
                continue;
            }
            var store = StateStore.open(folder);
            assertThat(store.lost()).as("%d bytes", length).isNull();
            assertThat(store.recoveredEndpoints()).as("%d bytes", length).hasSize(1 + Math.min(lineEnds - 1, 2));
            assertThat(store.recoveredGroups()).as("%d bytes", length).hasSize(lineEnds > 3 ? 0 : 1);
        }
        assertThat(lineEnds).isEqualTo(4);
    }

    @Test
    void stateAndJournalOfDifferentTimesAreNotMixed() throws Exception {
        byte[] older = someState();
        byte[] olderJournal = someJournal();
        byte[] newer = someState();
        try (var store = running()) {
            store.store.awaitDurable(store.store.put(Samples.endpoint(8)));
            store.store.put(Samples.endpoint(9));
        }
        byte[] newerJournal = Files.readAllBytes(journal());

        Files.write(state(), older);
        Files.write(journal(), newerJournal);
        assertLost("state.journal", 0);

        Files.write(state(), newer);
        assertLost("state.journal", 0);

        // The agent ended between the two steps in which both are made anew: all is there.
        Files.write(state(), newer);
        Files.write(journal(), olderJournal);
        var store = StateStore.open(folder);
        assertThat(store.lost()).isNull();
        assertThat(store.recoveredEndpoints())
                .containsExactly(Samples.endpoint(1), Samples.endpoint(2), Samples.endpoint(3));
    }

    @Test
    void theFormatBeforeTheJournalIsRead() throws Exception {
        someState();
        Files.delete(journal());
        String body = "{\"endpoints\":[],\"groups\":[{\"id\":100}]}";
        Files.writeString(state(), whole(1, body));
        try (var store = running()) {
            assertThat(store.store.recoveredGroups()).hasSize(1);
            store.store.put(Samples.endpoint(1));
        }
        var again = StateStore.open(folder);
        assertThat(again.recoveredGroups()).hasSize(1);
        assertThat(again.recoveredEndpoints()).hasSize(1);
    }

    @Test
    void aNewerFormatIsSetAsideAndNamed() throws Exception {
        someState();
        Files.writeString(state(), whole(3, "{\"endpoints\":[],\"groups\":[],\"files\":[],\"sequence\":1}"));
        assertThat(StateStore.open(folder).lost())
                .contains("it is of format 3, and this version knows those up to 2", "state.json.corrupt-1");
    }

    private static String whole(int format, String state) {
        String digest = DurableFile.digest(state.getBytes(UTF_8));
        return "{\"format\":" + format + ",\"sha256\":\"" + digest + "\",\"state\":" + state + "}\n";
    }

    @Test
    void aChangeCostsWhatItIsAndNotWhatIsThere() throws Exception {
        try (var store = running()) {
            store.store.awaitDurable(store.store.replaceEndpoints(
                    IntStream.range(0, 2000).mapToObj(Samples::endpoint).toList()));
            byte[] before = Files.readAllBytes(state());
            long journalBefore = Files.size(journal());
            store.store.awaitDurable(store.store.put(Samples.endpoint(2000)));
            assertThat(Files.readAllBytes(state())).isEqualTo(before);
            assertThat(Files.size(journal()) - journalBefore).isBetween(500L, 1500L);
        }
    }

    @Test
    void aLongJournalBecomesPartOfTheState() throws Exception {
        try (var store = running()) {
            for (int i = 0; i < 100; i++) {
                store.store.awaitDurable(store.store.put(large(i)));
            }
            assertThat(Files.size(journal())).isLessThan(5 << 20);
            assertThat(Files.size(state())).isGreaterThan(1 << 20);
        }
        assertThat(StateStore.open(folder).recoveredEndpoints()).hasSize(100);
    }

    @Test
    void whatFilesSayIsKeptByTheirNames() throws Exception {
        var web = new StaticFile("web.yaml", List.of(Samples.group(7)), List.of(Samples.endpoint(7)));
        var old = new StaticFile("old.yaml", List.of(), List.of(Samples.endpoint(8)));
        try (var store = running()) {
            store.store.put(old);
            store.store.put(web);
            store.store.put(StaticFile.empty("old.yaml"));
        }
        assertThat(StateStore.open(folder).recoveredFiles()).containsExactly(web);
        someState(); // and in the state file
        assertThat(StateStore.open(folder).recoveredFiles()).containsExactly(web);
    }

    @Test
    @InNetns
    void aFullDiskIsToldAndWhatWasKeptStaysWhole() throws Exception {
        try (var _ = new Tmpfs(folder)) {
            someState();
            Path filler = folder.resolve("filler");
            try (var store = running()) {
                store.store.awaitDurable(store.store.put(Samples.endpoint(2)));
                fill(filler);
                long ticket = store.store.put(large(3));
                assertThatThrownBy(() -> store.store.awaitDurable(ticket))
                        .hasMessageContaining("No space left on device");

                var crashed = StateStore.open(folder);
                assertThat(crashed.lost()).isNull();
                assertThat(crashed.recoveredEndpoints()).containsExactly(Samples.endpoint(1), Samples.endpoint(2));

                Files.delete(filler);
                store.store.awaitDurable(store.store.put(Samples.endpoint(4)));
            }
            assertThat(StateStore.open(folder).recoveredEndpoints())
                    .extracting(spec -> spec.id().value())
                    .containsExactly("vm-1", "vm-2", "vm-3", "vm-4");
        }
    }

    @Test
    @InNetns
    void aReadOnlyDiskIsToldAndWrittenOnceItCanBe() throws Exception {
        try (var _ = new Tmpfs(folder)) {
            someState();
            Command.run("mount", "-o", "remount,ro", folder.toString());
            try (var store = running()) {
                assertThat(store.store.recoveredEndpoints()).containsExactly(Samples.endpoint(1));
                long ticket = store.store.put(Samples.endpoint(2));
                assertThatThrownBy(() -> store.store.awaitDurable(ticket))
                        .hasMessageContaining("Read-only file system");
                Command.run("mount", "-o", "remount,rw", folder.toString());
                store.store.awaitDurable(store.store.put(Samples.endpoint(3)));
            }
            assertThat(StateStore.open(folder).recoveredEndpoints()).hasSize(3);

            Files.writeString(state(), "damage");
            Command.run("mount", "-o", "remount,ro", folder.toString());
            var store = StateStore.open(folder);
            assertThat(store.recoveredEndpoints()).isEmpty();
            assertThat(store.lost()).contains("state.json is damaged", "state.json can't be renamed");
            Command.run("mount", "-o", "remount,rw", folder.toString());
        }
    }

    /// A small disk of its own at a folder.
    private record Tmpfs(Path folder) implements AutoCloseable {
        Tmpfs {
            Command.run("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", folder.toString());
        }

        @Override
        public void close() {
            Command.run("umount", folder.toString());
        }
    }

    private static void fill(Path filler) throws IOException {
        try (var out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left on device");
        }
    }

    /// An endpoint of some 60 KB.
    private static EndpointSpec large(int number) {
        String json =
                "{\"id\":\"vm-%d\",\"device\":\"tap%d\",\"mac\":\"02:00:00:00:00:01\",\"addresses\":[\"10.2.0.%d\"],"
                                .formatted(number, number, number)
                        + "\"metadata\":{\"userData\":\"" + "x".repeat(60_000) + "\"}}";
        try {
            return EndpointJson.read(StrictJson.parse(Bytes.copyOf(json.getBytes(UTF_8))), "", null);
        } catch (MalformedJsonException e) {
            throw new AssertionError(e);
        }
    }

    private Path state() {
        return folder.resolve("state.json");
    }

    private Path journal() {
        return folder.resolve("state.journal");
    }

    /// Every byte near the ends, and some between.
    private static Set<Integer> places(int length) {
        return IntStream.range(0, length)
                .filter(at -> at < 100 || at >= length - 20 || at % 29 == 0)
                .boxed()
                .collect(toCollection(TreeSet::new));
    }

    private static byte[] changed(byte[] bytes, int at) {
        byte[] changed = bytes.clone();
        changed[at] ^= 1;
        return changed;
    }

    /// Endpoint 1 and group 100, all of it in the state file.
    private byte[] someState() throws Exception {
        try (var store = running()) {
            store.store.put(Samples.endpoint(1));
            store.store.put(Samples.group(100));
        }
        try (var store = running()) {
            store.store.put(Samples.group(100)); // the first change of each run writes the state anew
        }
        return Files.readAllBytes(state());
    }

    /// Endpoints 2 and 3 come, group 100 goes; the state file has what was before.
    private byte[] someJournal() throws Exception {
        try (var store = running()) {
            store.store.awaitDurable(store.store.put(Samples.group(100)));
            store.store.put(Samples.endpoint(2));
            store.store.put(Samples.endpoint(3));
            store.store.remove(Samples.group(100).id());
        }
        return Files.readAllBytes(journal());
    }

    private void assertLost(String name, int at) throws IOException {
        var store = StateStore.open(folder);
        assertThat(store.lost()).as("byte %d", at).contains(name + " is damaged: ");
        assertThat(store.recoveredEndpoints()).isEmpty();
        assertThat(store.recoveredGroups()).isEmpty();
        try (var left = Files.list(folder)) {
            for (Path file : left.toList()) {
                assertThat(file.getFileName().toString()).endsWith(".corrupt-1");
                Files.delete(file);
            }
        }
    }

    @Test
    void damagedFilesDoNotReplaceEachOther() throws Exception {
        for (int i = 1; i <= 3; i++) {
            Files.writeString(folder.resolve("state.json"), "damage " + i);
            assertThat(StateStore.open(folder).lost()).contains("state.json.corrupt-" + i);
        }
        assertThat(Files.readString(folder.resolve("state.json.corrupt-2"))).isEqualTo("damage 2");
    }

    @Test
    void aLeftoverOfAnInterruptedWriteIsIgnored() throws Exception {
        someState();
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
                assertThat(files.map(file -> file.getFileName().toString()))
                        .containsExactlyInAnyOrder("state.json", "state.journal");
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
