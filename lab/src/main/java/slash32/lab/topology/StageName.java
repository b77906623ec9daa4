package slash32.lab.topology;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The stages of a node's life, in their order.
public enum StageName {
    /// The namespace is there and the command runs.
    CREATE,
    /// The links to nodes that are there, are there.
    CREATE_LINKS,
    /// `exec` has run.
    CONFIGURE,
    /// The health check was passed.
    HEALTHY,
    /// The command has ended.
    EXIT;

    /// @throws IllegalArgumentException naming the stages
    static StageName parse(String text) {
        for (StageName stage : values()) {
            if (stage.toString().equals(text)) {
                return stage;
            }
        }
        String all = Arrays.stream(values()).map(StageName::toString).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("must be one of " + all + ", was '" + text + "'");
    }

    /// The stage before this one; null for the first.
    @Nullable
    StageName previous() {
        return switch (this) {
            case CREATE -> null;
            case CREATE_LINKS -> CREATE;
            case CONFIGURE -> CREATE_LINKS;
            case HEALTHY -> CONFIGURE;
            case EXIT -> HEALTHY;
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
