package slash32.bgp.wire;

/// What a piece of a message became (RFC 7606 §2), the mildest first.
public sealed interface Decoded<T> {

    record Accepted<T>(T value) implements Decoded<T> {}

    /// Attribute discard: as if the attribute had not been there.
    record Discarded<T>(AttributeFault fault) implements Decoded<T> {}

    /// The message's routes are withdrawn.
    record TreatAsWithdraw<T>(AttributeFault fault) implements Decoded<T> {}

    /// The session ends with this NOTIFICATION.
    record SessionReset<T>(Notification notification) implements Decoded<T> {}

    /// Shorthand for an attribute's decoder.
    static <T> Decoded<T> withdraw(int type, NotificationCode error) {
        return new TreatAsWithdraw<>(new AttributeFault(type, error));
    }

    static <T> Decoded<T> discard(int type, NotificationCode error) {
        return new Discarded<>(new AttributeFault(type, error));
    }

    static <T> Decoded<T> reset(NotificationCode error) {
        return new SessionReset<>(new Notification(error));
    }
}
