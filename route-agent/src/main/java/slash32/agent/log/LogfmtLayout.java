package slash32.agent.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.LayoutBase;
import java.util.Locale;
import java.util.regex.Pattern;

/// {@code time=… level=info thread=bgp event=…}: a message that begins with a key stands as it is, any other becomes
/// {@code message="…"}. A stack trace follows on lines of its own.
///
/// For the journal, each line begins with its priority and the time is left out.
final class LogfmtLayout extends LayoutBase<ILoggingEvent> {
    private static final Pattern BEGINS_WITH_KEY = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*=.*", Pattern.DOTALL);

    private final boolean journal;

    LogfmtLayout(boolean journal) {
        this.journal = journal;
    }

    @Override
    public String doLayout(ILoggingEvent event) {
        var line = new StringBuilder();
        if (!journal) {
            line.append("time=").append(event.getInstant()).append(' ');
        }
        line.append("level=").append(event.getLevel().toString().toLowerCase(Locale.ROOT));
        line.append(" thread=").append(event.getThreadName()).append(' ');
        String message = event.getFormattedMessage();
        if (BEGINS_WITH_KEY.matcher(message).matches()) {
            line.append(message.replace("\n", "\\n"));
        } else {
            line.append("logger=").append(event.getLoggerName());
            line.append(" message=").append(quoted(message));
        }
        line.append('\n');
        if (event.getThrowableProxy() != null) {
            line.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
        }
        return journal ? line.toString().replaceAll("(?m)^(?=.)", priority(event.getLevel())) : line.toString();
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }

    private static String priority(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "<3>";
            case Level.WARN_INT -> "<4>";
            case Level.INFO_INT -> "<6>";
            default -> "<7>";
        };
    }
}
