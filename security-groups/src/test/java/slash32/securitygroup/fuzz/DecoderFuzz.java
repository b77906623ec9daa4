package slash32.securitygroup.fuzz;

import java.util.Arrays;
import slash32.net.Bytes;
import slash32.securitygroup.PacketSummary;

/// What a fuzzer gives its inputs to: the first octet says whether it is ARP, the rest is a guest's packet.
///
/// An input must be answered without an exception. Run for long by `make fuzz DECODERS=packets`, for a moment by
/// FuzzTest.
public final class DecoderFuzz {
    private static final int ARP = 0x0806;
    private static final int IPV4 = 0x0800;

    private DecoderFuzz() {}

    /// Takes one input; called by Jazzer and by FuzzTest.
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        Bytes packet = Bytes.copyOf(Arrays.copyOfRange(input, 1, input.length));
        String text = PacketSummary.of((input[0] & 1) == 0 ? IPV4 : ARP, packet).toString();
        if (text.isEmpty() || text.contains("\n")) {
            throw new AssertionError(text);
        }
    }
}
