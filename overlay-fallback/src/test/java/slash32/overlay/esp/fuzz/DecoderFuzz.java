package slash32.overlay.esp.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import slash32.overlay.esp.InnerPacket;
import slash32.overlay.esp.OutboundSa;
import slash32.overlay.esp.offload.Coalescer;
import slash32.overlay.esp.offload.Segmenter;

/// What a fuzzer gives its inputs to: the first octet chooses between what a device gives to be cut, and packets of
/// a peer, of the length in the second octet each, that may become one.
///
/// An input must be answered without an exception, within its bounds, and packets must come out as they went in.
/// Run for long by `make fuzz DECODERS=esp`, for a moment by FuzzTest.
public final class DecoderFuzz {
    private static final int VNET = 10;

    private DecoderFuzz() {}

    /// Takes one input; called by Jazzer and by FuzzTest.
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length < 2) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 2, input.length);
        if (input[0] == 0) {
            cut(rest);
        } else {
            join(packets(rest, Math.max(1, input[1] & 0xff)), input[0] == 1);
        }
    }

    private static List<byte[]> cut(byte[] device) {
        var all = new ArrayList<byte[]>();
        byte[] octets = Arrays.copyOf(device, device.length + OutboundSa.SLACK_BYTES);
        boolean whole = new Segmenter().segment(octets, 0, device.length, (from, at, length) -> {
            check(at >= 0 && length > 0 && at + length <= device.length, "outside of what was given");
            all.add(Arrays.copyOfRange(from, at, at + length));
        });
        check(whole || all.isEmpty(), "refused, but something was given");
        return all;
    }

    private static List<byte[]> packets(byte[] all, int length) {
        var packets = new ArrayList<byte[]>();
        for (int at = 0; at < all.length; at += length) {
            packets.add(Arrays.copyOfRange(all, at, Math.min(all.length, at + length)));
        }
        return packets;
    }

    private static void join(List<byte[]> packets, boolean udp) {
        var wanted = new ArrayList<byte[]>();
        var given = new ArrayList<byte[]>();
        var coalescer = new Coalescer(udp, (from, at, length) -> {
            byte[] all = Arrays.copyOfRange(from, at, at + length);
            given.addAll(all[1] == 0 ? List.of(Arrays.copyOfRange(all, VNET, length)) : cut(all));
        });
        var packet = new InnerPacket();
        for (byte[] one : packets) {
            int at = coalescer.landing();
            System.arraycopy(one, 0, coalescer.octets(), at, one.length);
            if (packet.read(coalescer.octets(), at, one.length)) {
                check(packet.length() <= one.length, "longer than what there is");
                wanted.add(Arrays.copyOf(one, packet.length()));
                coalescer.take(packet.length());
            } else {
                coalescer.abandon();
            }
        }
        coalescer.flush();
        check(given.size() == wanted.size(), "other packets than were taken");
        for (int i = 0; i < given.size(); i++) {
            check(
                    Arrays.equals(withoutIdentification(given.get(i)), withoutIdentification(wanted.get(i))),
                    "a packet changed");
        }
    }

    /// Identifications are counted on from the first of a run.
    private static byte[] withoutIdentification(byte[] packet) {
        byte[] copy = packet.clone();
        if ((packet[0] & 0xf0) == 0x40) {
            Arrays.fill(copy, 4, 6, (byte) 0);
            Arrays.fill(copy, 10, 12, (byte) 0);
        }
        return copy;
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
