package slash32.agent.intent;

import java.time.Instant;

/// Now, on both clocks.
///
/// @param at for people
/// @param nanos monotonic, for measuring
public record Moment(Instant at, long nanos) {}
