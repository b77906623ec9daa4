package slash32.bgp.speaker;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageDecoder;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// The other end of a session, on a blocking socket: says exactly what a test wants, when it wants it, and reads only
/// when it is told to.
final class ScriptedPeer implements AutoCloseable {
    static final Asn AS = new Asn(65000);
    static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);
    private static final Terms TERMS = new Terms(true, true, FAMILIES);
    private static final int TIMEOUT_MILLIS = 20_000;

    /// A whole message with its header.
    record Received(int type, Bytes message) {
        byte[] bytes() {
            return message.toArray();
        }
    }

    private final String address;
    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final OutputStream out;

    /// Connects from {@code address} to the speaker.
    ScriptedPeer(String address, String speaker, int port) throws IOException {
        this.address = address;
        socket.setReceiveBufferSize(16_384);
        socket.bind(new InetSocketAddress(address, 0));
        socket.connect(new InetSocketAddress(speaker, port), TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /// Brings the session up with these capabilities besides those of every session here.
    ScriptedPeer establish(Capability... more) throws IOException {
        open(AS, more);
        expect(Message.OPEN);
        send(new Message.Keepalive());
        expect(Message.KEEPALIVE);
        return this;
    }

    ScriptedPeer open(Asn asn, Capability... more) throws IOException {
        var capabilities = new ArrayList<Capability>(List.of(new Capability.FourOctetAs(asn)));
        FAMILIES.stream().sorted().forEach(family -> capabilities.add(new Capability.Multiprotocol(family)));
        capabilities.addAll(Arrays.asList(more));
        var identifier = new BgpIdentifier(Ipv4Address.parse(address).value());
        return send(new Message.Open(asn, 180, identifier, capabilities));
    }

    ScriptedPeer send(Message message) throws IOException {
        return send(MessageEncoder.encode(message));
    }

    ScriptedPeer send(byte[] octets) throws IOException {
        out.write(octets);
        return this;
    }

    ScriptedPeer announce(PathAttributes attributes, Prefix... prefixes) throws IOException {
        return send(encoded(attributes, prefixes));
    }

    ScriptedPeer endOfRib(AddressFamily family) throws IOException {
        return send(MessageEncoder.endOfRib(family));
    }

    /// UPDATEs that announce {@code prefixes}, all of one family.
    static byte[] encoded(PathAttributes attributes, Prefix... prefixes) {
        var messages = new java.io.ByteArrayOutputStream();
        var encoder = new UpdateEncoder(TERMS, messages::writeBytes);
        encoder.beginAnnouncing(AdjRibOut.family(prefixes[0]), attributes);
        for (Prefix prefix : prefixes) {
            switch (prefix.address()) {
                case Ipv4Address v4 -> encoder.add(0, (long) v4.value() << 32, 0, prefix.length());
                case Ipv6Address v6 -> encoder.add(0, v6.high(), v6.low(), prefix.length());
            }
        }
        encoder.end();
        return messages.toByteArray();
    }

    /// The next message; an {@link java.io.EOFException} if there is none any more.
    Received receive() throws IOException {
        byte[] header = new byte[Framer.HEADER_BYTES];
        in.readFully(header);
        byte[] message = Arrays.copyOf(header, (header[16] & 0xff) << 8 | (header[17] & 0xff));
        in.readFully(message, Framer.HEADER_BYTES, message.length - Framer.HEADER_BYTES);
        return new Received(message[18], Bytes.copyOf(message));
    }

    /// The next message of {@code type}, past others.
    Received expect(int type) throws IOException {
        Received next = receive();
        while (next.type() != type) {
            next = receive();
        }
        return next;
    }

    Message.Notification expectNotification() throws IOException {
        byte[] bytes = expect(Message.NOTIFICATION).bytes();
        return switch (MessageDecoder.decode(Message.NOTIFICATION, bytes, Framer.HEADER_BYTES, bytes.length)) {
            case MessageDecoder.Decoded.Accepted(Message.Notification notification) -> notification;
            case MessageDecoder.Decoded other -> throw new AssertionError("no notification: " + other);
        };
    }

    /// The IPv4 prefixes that the next UPDATE announces.
    List<Prefix> nextAnnounced() throws IOException {
        byte[] octets = expect(Message.UPDATE).bytes();
        Update update = new UpdateDecoder(TERMS).decode(octets, Framer.HEADER_BYTES, octets.length);
        var prefixes = new ArrayList<Prefix>();
        update.announced()
                .forEach(announcement -> announcement
                        .prefixes()
                        .forEach((_, high, _, length) ->
                                prefixes.add(new Prefix(new Ipv4Address((int) (high >>> 32)), length))));
        return prefixes;
    }

    /// Reads the next UPDATE of a session in which we get IPv4 paths with identifiers: next hops by identifier.
    void nextPaths(Map<Integer, IpAddress> paths) throws IOException {
        byte[] octets = expect(Message.UPDATE).bytes();
        var terms = new Terms(true, true, FAMILIES).withAddPath(Set.of(AddressFamily.IPV4_UNICAST));
        Update update = new UpdateDecoder(terms).decode(octets, Framer.HEADER_BYTES, octets.length);
        update.withdrawn().forEach(slice -> slice.forEach((id, _, _, _) -> paths.remove(id)));
        update.announced()
                .forEach(announcement -> announcement
                        .prefixes()
                        .forEach((id, _, _, _) -> paths.put(
                                id,
                                Objects.requireNonNull(Objects.requireNonNull(announcement.attributes())
                                        .nextHop()))));
    }

    /// True if the other end closes and says nothing before.
    boolean isClosedByPeer() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    /// Closes without a NOTIFICATION.
    @Override
    public void close() throws IOException {
        socket.close();
    }
}
