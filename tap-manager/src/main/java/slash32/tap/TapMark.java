package slash32.tap;

import org.jspecify.annotations.Nullable;

/// The mark of ownership in an interface's alias: {@code slash32:ENDPOINT} on a TAP of our making, followed by
/// {@code adopted} or {@code adopted-any} on one of the hypervisor's. All that a restarted agent needs to know.
///
/// @param adopted null for an interface of our making
record TapMark(String endpoint, TapOrigin.@Nullable Adopted adopted) {
    /// An alias has at most 255 characters (IFALIASZ).
    static final int MAX_ENDPOINT = 200;

    private static final String PREFIX = "slash32:";
    private static final String ADOPTED = "adopted";
    private static final String ADOPTED_ANY = "adopted-any";

    static boolean canName(String endpoint) {
        return !endpoint.isEmpty()
                && endpoint.length() <= MAX_ENDPOINT
                && endpoint.chars().allMatch(c -> c > ' ' && c < 127);
    }

    static TapMark of(TapSpec spec) {
        return new TapMark(spec.endpoint(), spec.origin() instanceof TapOrigin.Adopted adopted ? adopted : null);
    }

    /// The mark in {@code alias}; null if it is not ours.
    static @Nullable TapMark parse(String alias) {
        if (!alias.startsWith(PREFIX)) {
            return null;
        }
        String[] words = alias.substring(PREFIX.length()).split(" ", -1);
        if (!canName(words[0]) || words.length > 2) {
            return null;
        }
        if (words.length == 1) {
            return new TapMark(words[0], null);
        }
        return switch (words[1]) {
            case ADOPTED -> new TapMark(words[0], new TapOrigin.Adopted(false));
            case ADOPTED_ANY -> new TapMark(words[0], new TapOrigin.Adopted(true));
            default -> null;
        };
    }

    /// The alias.
    String text() {
        if (adopted == null) {
            return PREFIX + endpoint;
        }
        return PREFIX + endpoint + " " + (adopted.anyKind() ? ADOPTED_ANY : ADOPTED);
    }
}
