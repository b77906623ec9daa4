package slash32.overlay.ike.wire;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import slash32.net.Bytes;

/// A message, or what was inside an encrypted one.
public record Message(Header header, List<Payload> payloads) {
    public Message {
        payloads = List.copyOf(payloads);
    }

    /// The first payload of one kind.
    public <T extends Payload> Optional<T> first(Class<T> kind) {
        return all(kind).findFirst();
    }

    public <T extends Payload> Stream<T> all(Class<T> kind) {
        return payloads.stream().filter(kind::isInstance).map(kind::cast);
    }

    /// The body of the first notification of {@code type}.
    public Optional<Bytes> notification(int type) {
        return all(Payload.Notify.class)
                .filter(notify -> notify.notification() == type)
                .map(Payload.Notify::body)
                .findFirst();
    }

    public boolean has(int notifyType) {
        return notification(notifyType).isPresent();
    }

    /// What a request is refused with that holds a payload which is critical and none that we know (RFC 7296 §2.5).
    public Optional<Payload.Notify> unsupported() {
        return all(Payload.Unknown.class)
                .filter(Payload.Unknown::critical)
                .map(unknown -> Payload.Notify.of(
                        NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, Bytes.copyOf(new byte[] {(byte) unknown.type()})))
                .findFirst();
    }

    /// The first notification that is an error (RFC 7296 §3.10.1).
    public Optional<Payload.Notify> error() {
        return all(Payload.Notify.class).filter(Payload.Notify::isError).findFirst();
    }
}
