package slash32.overlay.ike.wire;

import java.util.List;
import java.util.stream.Stream;
import slash32.net.Bytes;

/// One proposal of an SA payload (RFC 7296 §3.3.1).
///
/// @param spi the sender's; empty in the first exchange of an IKE SA
public record Proposal(int number, int protocol, Bytes spi, List<Transform> transforms) {
    public static final int IKE = 1;
    public static final int AH = 2;
    public static final int ESP = 3;

    public Proposal {
        transforms = List.copyOf(transforms);
    }

    public Stream<Transform> of(int type) {
        return transforms.stream().filter(transform -> transform.type() == type);
    }
}
