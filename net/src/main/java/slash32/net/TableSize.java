package slash32.net;

/// What a table in memory holds, and the room that it takes.
///
/// @param octets of its arrays as they are now, slack included, without the objects that they refer to;
/// {@link #OBJECTS} for a table of objects
public record TableSize(String name, long entries, long octets) {
    /// Of a table without arrays of its own.
    public static final long OBJECTS = -1;
}
