package slash32.agent.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogfmtLayoutTest {
    @Test
    void aMessageOfKeysStandsAsItIs() {
        assertThat(new LogfmtLayout(false).doLayout(event(Level.INFO, "event=started node=hv1", null)))
                .isEqualTo("time=2026-11-21T08:00:00Z level=info thread=bgp event=started node=hv1\n");
    }

    @Test
    void anyOtherMessageIsQuotedOnOneLine() {
        assertThat(new LogfmtLayout(false).doLayout(event(Level.WARN, "It said \"no\"\nand left", null)))
                .isEqualTo("time=2026-11-21T08:00:00Z level=warn thread=bgp logger=slash32.Test "
                        + "message=\"It said \\\"no\\\"\\nand left\"\n");
    }

    @Test
    void theJournalGetsPrioritiesAndNoTime() {
        String lines = new LogfmtLayout(true).doLayout(event(Level.ERROR, "event=died", new IOException("broken")));
        assertThat(lines).startsWith("<3>level=error thread=bgp event=died\n<3>java.io.IOException: broken\n<3>\tat ");
        assertThat(lines.lines()).allMatch(line -> line.startsWith("<3>"));
    }

    private static LoggingEvent event(Level level, String message, @Nullable Throwable fault) {
        var event = new LoggingEvent(
                "here", new LoggerContext().getLogger("slash32.Test"), level, message, fault, new Object[0]);
        event.setInstant(Instant.parse("2026-11-21T08:00:00Z"));
        event.setThreadName("bgp");
        return event;
    }
}
