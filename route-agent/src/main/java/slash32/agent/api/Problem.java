package slash32.agent.api;

import org.jspecify.annotations.Nullable;

/// Why a request was refused (RFC 9457).
///
/// @param status the HTTP status
/// @param title the same for every problem of its kind
/// @param detail this one, with the object and the reason
/// @param field what in the body or the query is wrong, such as {@code addresses[1]}; null if no field is
/// @param currentGeneration of the endpoint, where an older one was put; else null
public record Problem(
        int status,
        String title,
        String detail,
        @Nullable String field,
        @Nullable Long currentGeneration) {

    /// A field of the request may not be what it is: 422.
    public static Problem invalid(String field, String detail) {
        return new Problem(422, "Invalid field", detail, field, null);
    }

    /// Somebody else has what a field asks for, such as an address or a device: 409.
    public static Problem taken(@Nullable String field, String detail) {
        return new Problem(409, "Already taken", detail, field, null);
    }

    /// A file of endpoints.d has it, and only a change of the file changes it: 409.
    public static Problem statedByFile(@Nullable String field, String what, String file) {
        return new Problem(
                409, "Stated by a file", what + " is stated by the file " + file + " of endpoints.d", field, null);
    }

    /// It can't change or go as long as something uses it: 409.
    public static Problem inUse(@Nullable String field, String detail) {
        return new Problem(409, "In use", detail, field, null);
    }

    /// A newer generation was put before: 409.
    ///
    /// @param field where the older one stands
    public static Problem olderGeneration(String field, long sent, long current) {
        return new Problem(
                409,
                "Older generation",
                "generation " + sent + " is older than the current one, " + current,
                field,
                current);
    }

    /// The agent cannot do it now and may later, for example while it can't write its state: 503.
    public static Problem unavailable(String detail) {
        return new Problem(503, "Unavailable", detail, null, null);
    }
}
