package slash32.overlay.ike.fuzz;

import java.nio.ByteBuffer;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageDecoder;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;
import slash32.overlay.ike.wire.MessageEncoder;

/// What a fuzzer gives its inputs to: the first octet chooses between a datagram and the type of the first payload in
/// an encrypted message, the rest is the peer's.
///
/// An input must be answered without an exception, and what was accepted must come back when it is written and read
/// again. Run for long by `make fuzz`, for a moment by FuzzTest.
public final class DecoderFuzz {
    private static final Header HEADER = new Header(1, 2, Header.INFORMATIONAL, true, false, 0);

    private DecoderFuzz() {}

    /// Takes one input; called by Jazzer and by FuzzTest.
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] rest = java.util.Arrays.copyOfRange(input, 1, input.length);
        int first = input[0] & 0xff;
        if (first == 0) {
            if (MessageDecoder.decode(ByteBuffer.wrap(rest)) instanceof Decoded.Accepted(Message message)) {
                compare(message, MessageDecoder.decode(ByteBuffer.wrap(MessageEncoder.encode(message))));
            }
        } else if (MessageDecoder.decodeInner(HEADER, first, rest) instanceof Decoded.Accepted(Message message)) {
            byte[] written = MessageEncoder.inner(message.payloads());
            compare(message, MessageDecoder.decodeInner(HEADER, first, written));
        }
    }

    private static void compare(Message message, Decoded again) {
        if (!new Decoded.Accepted(message).equals(again)) {
            throw new AssertionError("a message changed: " + message + " to " + again);
        }
    }
}
