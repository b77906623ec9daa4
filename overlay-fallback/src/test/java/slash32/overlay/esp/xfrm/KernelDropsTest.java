package slash32.overlay.esp.xfrm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import slash32.overlay.esp.path.Drop;

class KernelDropsTest {
    @Test
    void countersAreSummedByWhatTheyMean() {
        assertThat(KernelDrops.meanings(List.of(
                        "XfrmInError             \t1",
                        "XfrmInBufferError       \t2",
                        "XfrmInHdrError          \t3",
                        "XfrmInNoStates          \t4",
                        "XfrmInStateProtoError   \t5",
                        "XfrmInStateModeError    \t6",
                        "XfrmInStateSeqError     \t7",
                        "XfrmInTmplMismatch      \t8",
                        "XfrmInPolBlock          \t9",
                        "XfrmOutNoStates         \t10",
                        "XfrmOutPolBlock         \t11",
                        "XfrmOutStateSeqError    \t12",
                        "XfrmOutError            \t13")))
                .isEqualTo(Map.of(
                        Drop.DEVICE_REFUSED, 1L,
                        Drop.MALFORMED, 3L,
                        Drop.UNKNOWN_SPI, 4L,
                        Drop.NOT_AUTHENTIC, 5L,
                        Drop.REPLAYED, 7L,
                        Drop.NOT_AGREED, 17L,
                        Drop.NO_SA, 21L,
                        Drop.EXHAUSTED, 12L,
                        Drop.NOT_SENT, 13L));
    }
}
