package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

/// How many of something a second may pass.
///
/// @param perSecond 1 to {@link #MAX}
/// @param burst that may come at once after a pause, 1 to {@link #MAX}
public record Rate(int perSecond, int burst) {
    public static final int MAX = 10_000_000;

    public Rate {
        require(perSecond >= 1 && perSecond <= MAX, "perSecond", "must be 1 to " + MAX + ", was " + perSecond);
        require(burst >= 1 && burst <= MAX, "burst", "must be 1 to " + MAX + ", was " + burst);
    }
}
