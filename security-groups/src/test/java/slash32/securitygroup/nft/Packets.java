package slash32.securitygroup.nft;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;
import slash32.net.IpAddress;
import slash32.net.MacAddress;

/// Ethernet frames with right checksums, as a guest or a neighbour would send them.
final class Packets {
    static final int SYN = 0x02;
    static final int ACK = 0x10;
    static final int PUSH_ACK = 0x18;

    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final int SCTP = 132;
    private static final int DCCP = 33;
    private static final int UDP_LITE = 136;

    private Packets() {}

    static byte[] udp(IpAddress from, int sourcePort, IpAddress to, int destinationPort, byte[] data) {
        ByteBuffer udp = ByteBuffer.allocate(8 + data.length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putShort((short) (8 + data.length))
                .putShort((short) 0)
                .put(data);
        return ip(from, to, UDP, udp.array(), 6);
    }

    static byte[] tcp(IpAddress from, int sourcePort, IpAddress to, int destinationPort, int flags, byte[] data) {
        ByteBuffer tcp = ByteBuffer.allocate(20 + data.length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putInt(flags == SYN ? 1000 : 1001)
                .putInt((flags & ACK) == 0 ? 0 : 1001)
                .put((byte) 0x50)
                .put((byte) flags)
                .putShort((short) 65_000)
                .putShort((short) 0)
                .putShort((short) 0)
                .put(data);
        return ip(from, to, TCP, tcp.array(), 16);
    }

    /// A chunk INIT (RFC 9260 §3.3.2) whose last parameter is {@code data}.
    static byte[] sctpInit(IpAddress from, int sourcePort, IpAddress to, int destinationPort, byte[] data) {
        ByteBuffer sctp = ByteBuffer.allocate(12 + 20 + data.length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putInt(0)
                .putInt(0)
                .putShort((short) 0x0100)
                .putShort((short) (20 + data.length))
                .putInt(1)
                .putInt(65_536)
                .putInt(0x0001_0001)
                .putInt(1)
                .put(data);
        var checksum = new CRC32C();
        checksum.update(sctp.array());
        sctp.order(ByteOrder.LITTLE_ENDIAN).putInt(8, (int) checksum.getValue());
        return ip(from, to, SCTP, sctp.array(), -1);
    }

    /// ICMP or, between IPv6 addresses, ICMPv6.
    /// Whose checksum covers everything.
    static byte[] udpLite(IpAddress from, int sourcePort, IpAddress to, int destinationPort, byte[] data) {
        ByteBuffer udpLite = ByteBuffer.allocate(8 + data.length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .putInt(0)
                .put(data);
        return ip(from, to, UDP_LITE, udpLite.array(), 6);
    }

    static byte[] dccpRequest(IpAddress from, int sourcePort, IpAddress to, int destinationPort, byte[] data) {
        ByteBuffer dccp = ByteBuffer.allocate(20 + data.length)
                .putShort((short) sourcePort)
                .putShort((short) destinationPort)
                .put((byte) 5) // of 4 octets until the data
                .put((byte) 0)
                .putShort((short) 0)
                .put((byte) 1) // request, with a long sequence number
                .put(new byte[11])
                .put(data);
        return ip(from, to, DCCP, dccp.array(), 6);
    }

    static byte[] icmp(IpAddress from, IpAddress to, int type, int code, byte[] data) {
        ByteBuffer icmp = ByteBuffer.allocate(4 + data.length)
                .put((byte) type)
                .put((byte) code)
                .putShort((short) 0)
                .put(data);
        return ip(from, to, from.isIpv4() ? ICMP : ICMPV6, icmp.array(), 2);
    }

    static byte[] protocol(IpAddress from, IpAddress to, int protocol, byte[] data) {
        return ip(from, to, protocol, data, -1);
    }

    /// An IPv6 packet with Destination Options (RFC 8200 §4.6) that say nothing, before what it carries.
    static byte[] withDestinationOptions(byte[] packet) {
        return ByteBuffer.allocate(packet.length + 8)
                .put(packet, 0, 40)
                .put(packet[6])
                .put(new byte[] {0, 1, 4, 0, 0, 0, 0})
                .put(packet, 40, packet.length - 40)
                .putShort(4, (short) (packet.length - 40 + 8))
                .put(6, (byte) 60)
                .array();
    }

    static byte[] frame(MacAddress to, MacAddress from, byte[] packet) {
        int ethertype = packet[0] >>> 4 == 4 ? 0x0800 : 0x86dd;
        return ethernet(to, from, ethertype, packet);
    }

    static byte[] arp(
            MacAddress from,
            int operation,
            MacAddress senderMac,
            IpAddress sender,
            MacAddress target,
            IpAddress about) {
        byte[] arp = ByteBuffer.allocate(28)
                .putShort((short) 1)
                .putShort((short) 0x0800)
                .put((byte) 6)
                .put((byte) 4)
                .putShort((short) operation)
                .put(senderMac.toArray())
                .put(sender.toArray())
                .put(target.toArray())
                .put(about.toArray())
                .array();
        return ethernet(MacAddress.BROADCAST, from, 0x0806, arp);
    }

    /// What a frame is, if it is an answer: ARP reply, echo reply, TCP; not the chatter of a host with IPv6.
    static Optional<String> kind(byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        return switch (bytes.getShort(12) & 0xffff) {
            case 0x0806 -> frame[21] == 2 ? Optional.of("arp") : Optional.empty();
            case 0x0800 -> kind(frame[23], frame[34]);
            case 0x86dd -> kind(frame[20], frame[54]);
            default -> Optional.empty();
        };
    }

    private static Optional<String> kind(int protocol, byte first) {
        return switch (protocol) {
            case TCP -> Optional.of("tcp");
            case ICMP -> first == 0 ? Optional.of("echo") : Optional.empty();
            case ICMPV6 -> (first & 0xff) == 129 ? Optional.of("echo") : Optional.empty();
            default -> Optional.empty();
        };
    }

    static byte[] ethernet(MacAddress to, MacAddress from, int ethertype, byte[] payload) {
        return ByteBuffer.allocate(14 + payload.length)
                .put(to.toArray())
                .put(from.toArray())
                .putShort((short) ethertype)
                .put(payload)
                .array();
    }

    private static byte[] ip(IpAddress from, IpAddress to, int protocol, byte[] payload, int checksumAt) {
        if (checksumAt >= 0 && protocol != ICMP) {
            ByteBuffer pseudo = ByteBuffer.allocate(from.bits() / 4 + 8 + payload.length)
                    .put(from.toArray())
                    .put(to.toArray())
                    .putInt(payload.length)
                    .putInt(protocol)
                    .put(payload);
            putChecksum(payload, checksumAt, pseudo.array());
        } else if (checksumAt >= 0) {
            putChecksum(payload, checksumAt, payload);
        }
        return from.isIpv4() ? ipv4(from, to, protocol, payload) : ipv6(from, to, protocol, payload);
    }

    private static byte[] ipv4(IpAddress from, IpAddress to, int protocol, byte[] payload) {
        byte[] packet = ByteBuffer.allocate(20 + payload.length)
                .put((byte) 0x45)
                .put((byte) 0)
                .putShort((short) (20 + payload.length))
                .putInt(0x4000)
                .put((byte) 64)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(from.toArray())
                .put(to.toArray())
                .put(payload)
                .array();
        byte[] header = new byte[20];
        System.arraycopy(packet, 0, header, 0, 20);
        putChecksum(packet, 10, header);
        return packet;
    }

    private static byte[] ipv6(IpAddress from, IpAddress to, int protocol, byte[] payload) {
        return ByteBuffer.allocate(40 + payload.length)
                .putInt(0x6000_0000)
                .putShort((short) payload.length)
                .put((byte) protocol)
                .put((byte) 255)
                .put(from.toArray())
                .put(to.toArray())
                .put(payload)
                .array();
    }

    private static void putChecksum(byte[] target, int at, byte[] over) {
        int sum = 0;
        for (int i = 0; i < over.length; i++) {
            sum += (over[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        int checksum = sum == 0xffff ? 0xffff : ~sum; // zero would say that there is none (RFC 8200 §8.1)
        target[at] = (byte) (checksum >>> 8);
        target[at + 1] = (byte) checksum;
    }
}
