package slash32.bgp.speaker;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageDecoder;
import slash32.bgp.wire.MessageEncoder;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// A peer of a speaker under test that says exactly the octets it is told to, from its own loopback address.
final class RawPeer implements AutoCloseable {
    static final Asn AS = new Asn(65000);

    private final String address;
    private final Socket socket = new Socket();

    /// Connects, and says nothing.
    RawPeer(String address, int port) throws IOException {
        this.address = address;
        socket.bind(new InetSocketAddress(
                InetAddress.getByAddress(IpAddress.parse(address).toArray()), 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
    }

    /// Connects and gets as far as Established.
    static RawPeer established(String address, int port, Recorder heard) throws IOException, InterruptedException {
        var peer = new RawPeer(address, port);
        peer.send(peer.open(AS));
        peer.send(MessageEncoder.encode(new Message.Keepalive()));
        heard.await("session with " + address, () -> heard.state(address) == SessionState.ESTABLISHED);
        return peer;
    }

    static PeerConfig config(String address) {
        Set<AddressFamily> families = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);
        return new PeerConfig(IpAddress.parse(address), 179, null, AS, families, null, 90, 0, true);
    }

    byte[] open(Asn asn) {
        var identifier = new BgpIdentifier(Ipv4Address.parse(address).value());
        List<Capability> capabilities = List.of(
                new Capability.Multiprotocol(AddressFamily.IPV4_UNICAST),
                new Capability.Multiprotocol(AddressFamily.IPV6_UNICAST),
                new Capability.FourOctetAs(asn));
        return MessageEncoder.encode(new Message.Open(asn, 90, identifier, capabilities));
    }

    void send(byte[] octets) throws IOException {
        socket.getOutputStream().write(octets);
    }

    /// Each octet in a segment of its own.
    void sendSlowly(byte[] octets) throws IOException {
        for (byte octet : octets) {
            socket.getOutputStream().write(octet);
            socket.getOutputStream().flush();
        }
    }

    /// An UPDATE without withdrawn routes.
    void update(String attributes, String nlri) throws IOException {
        send(update(HexFormat.of(), attributes, nlri));
    }

    static byte[] update(HexFormat hex, String attributes, String nlri) {
        int length = 23 + attributes.length() / 2 + nlri.length() / 2;
        return hex.parseHex(
                "ff".repeat(16) + "%04x020000%04x%s%s".formatted(length, attributes.length() / 2, attributes, nlri));
    }

    /// Reads to the end of the connection; "3/10 text" of the NOTIFICATION that came last.
    String lastWords() throws IOException {
        InputStream in = socket.getInputStream();
        byte[] all = in.readAllBytes();
        String last = "nothing";
        int at = 0;
        while (Framer.at(all, at, all.length) instanceof Framer.Frame.Whole(int type, int length)) {
            if (type == Message.NOTIFICATION
                    && MessageDecoder.decode(type, all, at + Framer.HEADER_BYTES, at + length)
                            instanceof MessageDecoder.Decoded.Accepted(Message.Notification notification)) {
                String text = notification.communication();
                last = notification.code() + "/" + notification.subcode() + (text == null ? "" : " " + text);
            }
            at += length;
        }
        return last;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
