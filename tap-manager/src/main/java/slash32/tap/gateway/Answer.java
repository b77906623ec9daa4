package slash32.tap.gateway;

import slash32.net.Bytes;
import slash32.net.IpAddress;

/// What the gateway makes of one frame of the guest's.
public sealed interface Answer {
    /// {@code frame} goes back out of the same TAP.
    record Reply(Bytes frame) implements Answer {}

    /// The guest announced that it holds {@code address} (gratuitous ARP, RFC 5227 §2.3); nothing is sent.
    record GuestSeen(IpAddress address) implements Answer {}

    /// Nothing is sent, for {@code reason}.
    record Refused(Refusal reason) implements Answer {}
}
