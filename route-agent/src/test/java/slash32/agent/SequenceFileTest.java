package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.overlay.evpn.MacKey;

class SequenceFileTest {
    private static final MacKey ONE = key(100, "02:00:00:00:00:01");
    private static final MacKey TWO = key(0xff_ffff, "02:00:00:00:00:02");

    @TempDir
    Path folder;

    @Test
    void whatWasWrittenIsThereAfterARestart() throws IOException {
        var file = new SequenceFile(folder);
        assertThat(file.all()).isEmpty();
        assertThat(file.note(ONE, 0L)).isTrue();
        assertThat(file.note(TWO, 0xffff_ffffL)).isTrue();
        assertThat(new SequenceFile(folder).all()).as("not written yet").isEmpty();
        file.write();
        assertThat(new SequenceFile(folder).all()).isEqualTo(Map.of(ONE, 0L, TWO, 0xffff_ffffL));
        assertThat(folder.resolve("mac-sequences"))
                .hasContent("100 02:00:00:00:00:01 0\n16777215 02:00:00:00:00:02 4294967295\n");
        assertThat(folder.resolve("mac-sequences.new")).doesNotExist();
    }

    @Test
    void onlyWhatIsNewIsToBeWritten() throws IOException {
        var file = new SequenceFile(folder);
        assertThat(file.note(ONE, null)).isFalse();
        file.note(ONE, 3L);
        assertThat(file.note(ONE, 3L)).isFalse();
        assertThat(file.note(ONE, 4L)).isTrue();
        assertThat(file.note(ONE, null)).isTrue();
        file.write();
        assertThat(new SequenceFile(folder).all()).isEmpty();
    }

    /// Its MAC counts as new; the others are as they were.
    @Test
    void aLineThatSaysNothingIsLeftOut() throws IOException {
        Files.writeString(folder.resolve("mac-sequences"), """
                100 02:00:00:00:00:01 7
                100 02:00:00:00:00:03
                0 02:00:00:00:00:04 1
                16777216 02:00:00:00:00:05 1
                100 02:00:00:00:00 1
                100 02:00:00:00:00:06 -1
                100 02:00:00:00:00:07 many

                16777215 02:00:00:00:00:02 9""");
        assertThat(new SequenceFile(folder).all()).isEqualTo(Map.of(ONE, 7L, TWO, 9L));
    }

    /// A power cut while it was being written leaves the file of before.
    @Test
    void whatWasHalfWrittenCountsForNothing() throws IOException {
        var file = new SequenceFile(folder);
        file.note(ONE, 3L);
        file.write();
        Files.writeString(folder.resolve("mac-sequences.new"), "100 02:00:00:00:00:01 4\n100 02:0");
        assertThat(new SequenceFile(folder).all()).isEqualTo(Map.of(ONE, 3L));
        file.note(ONE, 5L);
        file.write();
        assertThat(new SequenceFile(folder).all()).isEqualTo(Map.of(ONE, 5L));
    }

    @Test
    void aDirectoryThatIsGoneIsSaid() throws IOException {
        var file = new SequenceFile(folder.resolve("state"));
        file.note(ONE, 3L);
        assertThatThrownBy(file::write).isInstanceOf(NoSuchFileException.class).hasMessageContaining("mac-sequences");
    }

    private static MacKey key(int vni, String mac) {
        return new MacKey(new Vni(vni), MacAddress.parse(mac));
    }
}
