package slash32.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ColumnsTest {
    private static final int ROWS = 3 * IntColumn.PAGE + 5;

    @Test
    void keepWhatTheyHoldWhenTheyGrowAndForgetWhatTheyLetGoOf() {
        var ints = new IntColumn();
        var bytes = new ByteColumn();
        var references = new Column<String>();
        for (int rows : new int[] {7, ROWS}) {
            ints.resize(rows);
            bytes.resize(rows);
            references.resize(rows);
            assertThat(ints.get(rows - 1)).isZero();
            assertThat(bytes.get(rows - 1)).isZero();
            assertThat(references.get(rows - 1)).isNull();
            for (int row = 0; row < rows; row++) {
                ints.set(row, -row);
                bytes.set(row, (byte) row);
                references.set(row, Integer.toString(row));
            }
        }
        ints.resize(IntColumn.PAGE);
        bytes.resize(IntColumn.PAGE);
        references.resize(IntColumn.PAGE);
        assertThat(ints.capacity()).isEqualTo(IntColumn.PAGE);
        ints.resize(ROWS);
        bytes.resize(ROWS);
        references.resize(ROWS);
        for (int row = 0; row < ROWS; row++) {
            boolean kept = row < IntColumn.PAGE;
            assertThat(ints.get(row)).isEqualTo(kept ? -row : 0);
            assertThat(bytes.get(row)).isEqualTo(kept ? (byte) row : 0);
            assertThat(references.get(row)).isEqualTo(kept ? Integer.toString(row) : null);
        }
        assertThat(ints.octets()).isEqualTo(4 * bytes.octets()).isEqualTo(references.octets());
    }
}
