package slash32.agent.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.json.MalformedJsonException;

/// The state file and the journal of what changed since, as one: a change costs what it is, and once in a long while
/// the whole.
///
/// Every change has a number, one more than the one before. The state file says which it ends with, so that a journal
/// which begins later, or is missing, is seen: they are read together or not at all.
final class StateFiles {
    /// About 5,000 changes.
    private static final long JOURNAL_BYTES = 4 << 20;

    private final Path directory;
    private final StateFile state;
    private final Journal journal;
    private long stateBytes;
    /// The journal has what came after the state file, and can take more.
    private boolean current;

    StateFiles(Path directory) {
        this.directory = directory;
        this.state = new StateFile(directory);
        this.journal = new Journal(directory);
    }

    /// What was kept.
    sealed interface Content {
        /// All of it.
        ///
        /// @param tornBytes of a change at the end that was never answered for
        record Whole(Recovery recovery, int tornBytes) implements Content {}

        /// Not all of what was written, or not by us.
        ///
        /// @param reason with the names under which the files now are
        record Lost(String reason) implements Content {}
    }

    /// Reads both; where one is damaged, both are renamed, and nothing of them is taken.
    ///
    /// @throws IOException if they can't be read
    Content load() throws IOException {
        var recovery = new Recovery();
        String reading = StateFile.NAME;
        try {
            StateFile.Content whole = state.read();
            if (whole != null) {
                recovery.state(whole);
            }
            reading = Journal.NAME;
            Journal.Content since = journal.read();
            if (since == null && whole != null && whole.format() > 1) {
                throw new DamagedException("it is missing");
            }
            if (since != null) {
                recovery.changes(since.changes());
            }
            return new Content.Whole(recovery, since == null ? 0 : since.tornBytes());
        } catch (MalformedJsonException | InvalidFieldException | DamagedException e) {
            return new Content.Lost(directory.resolve(reading) + " is damaged: " + e.getMessage() + "; " + setAside());
        }
    }

    /// A folder that can't be written is no reason to take what is damaged, nor to stay away.
    private String setAside() {
        var names = new ArrayList<String>();
        for (String name : List.of(StateFile.NAME, Journal.NAME)) {
            Path file = directory.resolve(name);
            try {
                if (Files.exists(file)) {
                    names.add(name + " now is " + DurableFile.setAside(file));
                }
            } catch (IOException e) {
                names.add(name + " can't be renamed: " + e);
            }
        }
        return String.join(", ", names);
    }

    /// True if the next change can't be appended: the first of each run, after a failure, and when there is much to
    /// read back.
    boolean wantsWhole() {
        return !current || journal.bytes() > Math.max(JOURNAL_BYTES, 2 * stateBytes);
    }

    /// Replaces both; on return that survives a power cut. At any instant, what is there can be read.
    ///
    /// @param text of the state, with the number of the last change that is in it
    void writeWhole(String text) throws IOException {
        current = false;
        if (!journal.exists()) {
            journal.restart();
        }
        stateBytes = state.replace(text);
        journal.restart();
        current = true;
    }

    /// Appends changes; on return they survive a power cut.
    void append(String lines) throws IOException {
        current = false;
        journal.append(lines);
        current = true;
    }

    void close() throws IOException {
        journal.close();
    }
}
