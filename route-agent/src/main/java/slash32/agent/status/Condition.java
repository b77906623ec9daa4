package slash32.agent.status;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// One condition of an endpoint, about the spec that was put last.
///
/// @param since when the state became what it is
/// @param reason one word for programs, such as {@code Installed} or {@code DeviceMissing}
/// @param message for people, with the object and the kernel's text where there is one; may be empty
/// @param latency from the PUT that needed it to the moment it held; null before it has held
public record Condition(
        ConditionKind kind,
        ConditionState state,
        Instant since,
        String reason,
        String message,
        @Nullable Duration latency) {}
