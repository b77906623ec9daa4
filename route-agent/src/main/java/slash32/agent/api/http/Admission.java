package slash32.agent.api.http;

/// What becomes of a request by its head alone.
public sealed interface Admission {
    /// It is read, and then handled.
    ///
    /// @param bodyLimitBytes a longer body is answered 413 without reading it
    record Taken(int bodyLimitBytes) implements Admission {}

    /// It is answered at once; its body is not read.
    record Refused(Response.Whole answer) implements Admission {}
}
