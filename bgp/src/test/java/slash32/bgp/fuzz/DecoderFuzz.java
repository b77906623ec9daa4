package slash32.bgp.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import slash32.bgp.bfd.ControlPacket;
import slash32.bgp.bmp.BmpDecoder;
import slash32.bgp.bmp.BmpEncoder;
import slash32.bgp.bmp.BmpMessage;
import slash32.bgp.exabgp.ApiVersion;
import slash32.bgp.exabgp.DecodeContext;
import slash32.bgp.exabgp.ExabgpDecoder;
import slash32.bgp.exabgp.command.CommandEncoder;
import slash32.bgp.exabgp.command.CommandLine;
import slash32.bgp.exabgp.command.CommandParser;
import slash32.bgp.exabgp.command.EncodeContext;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Fate;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.KnownFamilies;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageDecoder;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;

/// What a fuzzer gives its inputs to: the first octet chooses decoder and session, the rest is the peer's.
///
/// An input must be answered without an exception, and what was accepted must come back when it is written and read
/// again. Run for long by `make fuzz`, for a moment by FuzzTest.
public final class DecoderFuzz {
    private static final AddressFamily UNKNOWN = new AddressFamily(16388, 71);
    private static final Set<AddressFamily> FAMILIES = KnownFamilies.and(UNKNOWN);

    /// Chooses the decoder: UPDATE, another message by its type, a stream of messages, ExaBGP's text; the last variants
    /// of a stream are ExaBGP's commands, BFD and BMP.
    private static final int DECODERS = 4;

    private static final int COMMANDS = 54;
    private static final int BFD = 58;
    private static final int BMP = 60;

    private static final List<ApiVersion> VERSIONS = List.of(ApiVersion.V4, ApiVersion.V5, ApiVersion.V6);

    private DecoderFuzz() {}

    /// Takes one input; called by Jazzer and by FuzzTest.
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        int choice = input[0] & 0xff;
        int variant = choice / DECODERS;
        switch (choice % DECODERS) {
            case 0 -> update(terms(variant), input, 1, input.length);
            case 1 -> message(variant, input);
            case 2 -> {
                if (variant < COMMANDS) {
                    stream(terms(variant), input, 1);
                } else if (variant < BFD) {
                    commands(variant, input);
                } else if (variant < BMP) {
                    bfd(input);
                } else {
                    bmp(input);
                }
            }
            default -> text(variant, Arrays.copyOfRange(input, 1, input.length));
        }
    }

    private static Terms terms(int variant) {
        Set<AddressFamily> paths = (variant & 4) == 0 ? Set.of() : FAMILIES;
        boolean extended = (variant & 8) != 0;
        return new Terms(
                (variant & 1) == 0,
                (variant & 2) == 0,
                FAMILIES,
                paths,
                paths,
                extended,
                extended ? FAMILIES : Set.of());
    }

    private static void update(Terms terms, byte[] bytes, int from, int to) {
        Update update = new UpdateDecoder(terms).decode(bytes, from, to);
        check(
                (update.fate() == Fate.ACCEPT) == update.faults().isEmpty(),
                "a fate without a fault, or a fault without");
        if (update.fate() == Fate.SESSION_RESET) {
            check(update.notification().code() == 3, "a session ended by another error");
        }
        update.withdrawn().forEach(slice -> roundTrip(terms, slice, null));
        update.announced().forEach(one -> roundTrip(terms, one.prefixes(), one.attributes()));
    }

    /// Writes the routes again, with their attributes if they are announced, and reads that.
    private static void roundTrip(
            Terms terms, NlriSlice slice, @org.jspecify.annotations.Nullable PathAttributes attributes) {
        List<Nlri> routes = slice.routes();
        int[] visited = {0};
        slice.forEach((_, _, _, length) -> {
            check(length <= 128, "a prefix too long");
            visited[0]++;
        });
        check(!slice.family().isUnicast() || visited[0] == routes.size(), "not every prefix is visited");
        var messages = new ArrayList<byte[]>();
        var encoder = new UpdateEncoder(terms, messages::add);
        try {
            if (attributes == null) {
                encoder.beginWithdrawing(slice.family());
            } else {
                encoder.beginAnnouncing(slice.family(), attributes);
            }
            routes.forEach(encoder::add);
        } catch (IllegalArgumentException _) {
            return; // attributes that leave no room, or have no next hop in a family that we don't know
        }
        encoder.end();
        var again = new ArrayList<Nlri>();
        for (byte[] message : messages) {
            check(message.length <= terms.maxMessageBytes(), "a message too long");
            Update update = new UpdateDecoder(terms).decode(message, Framer.HEADER_BYTES, message.length);
            check(update.fate() != Fate.SESSION_RESET, "what we write ends a session: " + update.faults());
            if (attributes == null) {
                update.withdrawn().forEach(written -> again.addAll(written.routes()));
            } else {
                check(update.fate() == Fate.ACCEPT, "what we write is malformed: " + update.faults());
                update.announced().forEach(one -> again.addAll(one.prefixes().routes()));
            }
        }
        List<Nlri> wanted = attributes == null
                ? routes.stream().map(DecoderFuzz::withdrawal).toList()
                : routes;
        check(again.equals(wanted), "routes changed: " + wanted + " to " + again);
    }

    /// A withdrawal has a stand-in for the labels (RFC 8277 §2.4).
    private static Nlri withdrawal(Nlri route) {
        List<Integer> label = List.of(Nlri.Labeled.WITHDRAWN);
        return switch (route) {
            case Nlri.Labeled labeled -> new Nlri.Labeled(labeled.pathId(), label, labeled.prefix());
            case Nlri.Vpn vpn -> new Nlri.Vpn(vpn.pathId(), label, vpn.distinguisher(), vpn.prefix());
            default -> route;
        };
    }

    private static void message(int variant, byte[] input) {
        int type =
                new int[] {Message.OPEN, Message.NOTIFICATION, Message.KEEPALIVE, Message.ROUTE_REFRESH}[variant % 4];
        int least = new int[] {10, 2, 0, 0}[variant % 4];
        if (input.length - 1 < least) {
            return; // the framer's
        }
        if (MessageDecoder.decode(type, input, 1, input.length) instanceof MessageDecoder.Decoded.Accepted(Message read)
                && !(read instanceof Message.Open open && open.capabilities().isEmpty())) {
            byte[] written = MessageEncoder.encode(read);
            MessageDecoder.Decoded again = MessageDecoder.decode(type, written, Framer.HEADER_BYTES, written.length);
            check(
                    again.equals(new MessageDecoder.Decoded.Accepted(read)),
                    "a message changed: " + read + " to " + again);
        }
    }

    private static void stream(Terms terms, byte[] input, int from) {
        int at = from;
        while (Framer.at(input, at, input.length, terms.maxMessageBytes())
                instanceof Framer.Frame.Whole(int type, int length)) {
            if (type == Message.UPDATE) {
                update(terms, input, at + Framer.HEADER_BYTES, at + length);
            } else {
                MessageDecoder.decode(type, input, at + Framer.HEADER_BYTES, at + length);
            }
            at += length;
        }
    }

    private static void bmp(byte[] input) {
        int at = 1;
        while (BmpDecoder.decode(input, at, input.length)
                instanceof BmpDecoder.Decoded.Accepted(BmpMessage message, int length)) {
            byte[] written = BmpEncoder.encode(message);
            check(
                    BmpDecoder.decode(written, 0, written.length)
                            .equals(new BmpDecoder.Decoded.Accepted(message, written.length)),
                    "a BMP message changed: " + message);
            at += length;
        }
    }

    /// Lines of a helper process: each is understood or refused, and what is understood becomes messages that a peer
    /// takes to pieces without an exception.
    private static void commands(int variant, byte[] input) {
        Terms terms = terms(variant);
        var context = new EncodeContext(
                terms.internal(),
                terms.fourOctetAs(),
                terms.addPathSent(),
                new Asn(65_001),
                new Ipv4Address(0x0a00_000b),
                null,
                terms.maxMessageBytes());
        new String(input, 1, input.length - 1, StandardCharsets.UTF_8)
                .lines()
                .limit(4)
                .forEach(line -> {
                    if (CommandParser.parse(line) instanceof CommandParser.Parsed.Understood(CommandLine understood)
                            && CommandEncoder.encode(understood.command(), context)
                                    instanceof CommandEncoder.Encoded.Messages(List<Bytes> messages)) {
                        messages.forEach(message -> {
                            check(message.length() <= terms.maxMessageBytes(), "a message too long");
                            stream(terms, message.toArray(), 0);
                        });
                    }
                });
    }

    private static void bfd(byte[] input) {
        var packet = new ControlPacket();
        int length = input.length - 1;
        var octets = ByteBuffer.allocate(Math.max(length, ControlPacket.BYTES));
        octets.put(input, 1, length).position(0);
        if (packet.decode(octets, length) == null) {
            var written = ByteBuffer.allocate(ControlPacket.BYTES);
            packet.encode(written);
            var again = new ControlPacket();
            check(again.decode(written, ControlPacket.BYTES) == null, "a BFD packet that we write is refused");
            check(again.toString().equals(packet.toString()), "a BFD packet changed: " + packet + " to " + again);
        }
    }

    private static void text(int variant, byte[] message) {
        ApiVersion api = VERSIONS.get(variant % VERSIONS.size());
        Set<AddressFamily> paths = (variant & 4) == 0 ? Set.of() : FAMILIES;
        var context = new DecodeContext(api, (variant & 8) == 0, paths, new Asn(1), new Asn(1));
        ExabgpDecoder.decode(message, context);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
