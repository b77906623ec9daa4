package slash32.bgp.speaker;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// A key by which the kernel signs what a peer is sent, and drops what is not signed by the peer (TCP-AO, RFC 5925):
/// one master key tuple, whose change is another session. Linux has it from 6.7 on, if built with CONFIG_TCP_AO.
///
/// @param key 1 to 80 octets
/// @param sendId KeyID of our segments, 0 to 255
/// @param receiveId KeyID of the peer's
public record TcpAo(Bytes key, Algorithm algorithm, int sendId, int receiveId) {
    /// RFC 5926 §2.2; the codes are 96 bits long.
    public enum Algorithm {
        HMAC_SHA_1_96("hmac-sha-1-96", "hmac(sha1)"),
        AES_128_CMAC_96("aes-128-cmac-96", "cmac(aes128)");

        private final String text;
        private final String kernelName;

        Algorithm(String text, String kernelName) {
            this.text = text;
            this.kernelName = kernelName;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final int IPPROTO_TCP = 6;
    /// struct tcp_ao_add of linux/tcp.h.
    static final int ADD_BYTES = 288;
    /// struct tcp_ao_del of linux/tcp.h.
    static final int DELETE_BYTES = 144;

    private static final ChannelOption<ByteBuffer> ADD =
            new RawUnixChannelOption("TCP_AO_ADD_KEY", IPPROTO_TCP, 38, ADD_BYTES);
    private static final ChannelOption<ByteBuffer> DELETE =
            new RawUnixChannelOption("TCP_AO_DEL_KEY", IPPROTO_TCP, 39, DELETE_BYTES);
    private static final int ALGORITHM_AT = 128;
    private static final int ADD_PREFIX_AT = 202;
    private static final int DELETE_PREFIX_AT = 138;
    private static final int MAC_BYTES = 12;

    public TcpAo {
        if (key.length() < 1 || key.length() > 80) {
            throw new IllegalArgumentException("a TCP-AO key has 1 to 80 octets, has " + key.length());
        }
        if (sendId < 0 || sendId > 255 || receiveId < 0 || receiveId > 255) {
            throw new IllegalArgumentException("a KeyID is 0 to 255, was " + sendId + " or " + receiveId);
        }
    }

    /// Asks the kernel whether it takes such a key.
    ///
    /// @throws IOException if it has no TCP-AO, or not this algorithm
    public void require() throws IOException {
        var socket = new EpollSocketChannel();
        try {
            add(socket, IpAddress.parse("2001:db8::1").hostPrefix());
        } catch (IOException e) {
            throw new IOException("this kernel has no TCP-AO with " + algorithm + ": " + e.getMessage(), e);
        } finally {
            socket.unsafe().closeForcibly();
        }
    }

    /// Signs what goes to {@code peers} over the connections that this socket accepts, and drops all from them that is
    /// not signed.
    void add(Channel channel, Prefix peers) throws IOException {
        set(channel, ADD, added(peers));
    }

    /// The same of a connection that is about to be made.
    void add(Bootstrap connection, Prefix peers) {
        connection.option(ADD, added(peers));
    }

    /// Takes the key away from a listening socket.
    void delete(Channel channel, Prefix peers) throws IOException {
        set(channel, DELETE, deleted(peers));
    }

    private static void set(Channel channel, ChannelOption<ByteBuffer> option, ByteBuffer value) throws IOException {
        try {
            channel.config().setOption(option, value);
        } catch (ChannelException e) {
            String why = String.valueOf(
                    e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
            throw new IOException(option.name() + ": " + why, e);
        }
    }

    ByteBuffer added(Prefix peers) {
        ByteBuffer option = ByteBuffer.allocateDirect(ADD_BYTES).order(ByteOrder.nativeOrder());
        SocketOptions.putAddress(option, peers.address(), SocketOptions.AF_OF_SOCKETS);
        option.put(ALGORITHM_AT, algorithm.kernelName.getBytes(StandardCharsets.US_ASCII));
        return option.position(ADD_PREFIX_AT)
                .put((byte) peers.length())
                .put((byte) sendId)
                .put((byte) receiveId)
                .put((byte) MAC_BYTES)
                .put((byte) 0)
                .put((byte) key.length())
                .put(key.toArray())
                .position(0);
    }

    ByteBuffer deleted(Prefix peers) {
        ByteBuffer option = ByteBuffer.allocateDirect(DELETE_BYTES).order(ByteOrder.nativeOrder());
        SocketOptions.putAddress(option, peers.address(), SocketOptions.AF_OF_SOCKETS);
        return option.position(DELETE_PREFIX_AT)
                .put((byte) peers.length())
                .put((byte) sendId)
                .put((byte) receiveId)
                .position(0);
    }

    /// Without the key.
    @Override
    public String toString() {
        return algorithm + " " + sendId + "/" + receiveId;
    }
}
