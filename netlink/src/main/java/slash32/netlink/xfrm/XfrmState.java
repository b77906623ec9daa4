package slash32.netlink.xfrm;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// One direction of ESP with AES-GCM and tags of 16 octets (RFC 4106), without its key.
///
/// @param reqid by which policies find it, and by which we know our own
/// @param interfaceId of the XFRM interface whose packets it is for; 0 for none
/// @param esn extended sequence numbers
/// @param replayWindow packets; 1 at least with ESN, also where nothing is received: kernels refuse none
/// @param ports of UDP, where ESP goes in it (RFC 3948)
/// @param softPackets after so many the kernel says so; -1 for never
/// @param softOctets the same
public record XfrmState(
        StateId id,
        IpAddress source,
        int reqid,
        int interfaceId,
        XfrmMode mode,
        boolean esn,
        int replayWindow,
        @Nullable UdpPorts ports,
        long softPackets,
        long softOctets) {
    static final int USERSA_INFO_BYTES = 224;

    private static final int ID_AT = 56;
    private static final int SOURCE_AT = 80;
    private static final int SOFT_OCTETS_AT = 96;
    private static final int HARD_OCTETS_AT = 104;
    private static final int SOFT_PACKETS_AT = 112;
    private static final int HARD_PACKETS_AT = 120;
    private static final int OCTETS_AT = 160;
    private static final int PACKETS_AT = 168;
    private static final int LATE_AT = 192;
    private static final int REPLAYED_AT = 196;
    private static final int NOT_AUTHENTIC_AT = 200;
    private static final int REQID_AT = 208;
    private static final int FAMILY_AT = 212;
    private static final int MODE_AT = 214;
    private static final int FLAGS_AT = 216;

    private static final String ALGORITHM = "rfc4106(gcm(aes))";
    private static final int ALGORITHM_NAME_BYTES = 64;
    private static final int TAG_BITS = 128;
    private static final int REPLAY_ESN_BYTES = 24;
    private static final int ESN_WINDOW_AT = 20;
    private static final int ENCAP_BYTES = 24;

    /// Of ESP in UDP, as its packets have them.
    public record UdpPorts(int source, int destination) {}

    /// What has passed a state.
    ///
    /// @param octets before ESP is added or after it is taken off
    /// @param replayed seen before, or behind the window
    /// @param notAuthentic their integrity check value was wrong
    public record Counters(long packets, long octets, long replayed, long notAuthentic) {}

    /// Asks for all ESP states.
    public static Request dump() {
        return Request.of(Xfrm.XFRM_MSG_GETSA, Nl.NLM_F_DUMP, () -> "list states")
                .attributeU8(Xfrm.XFRMA_PROTO, Xfrm.IPPROTO_ESP);
    }

    /// Adds it, and fails with EEXIST where the kernel has one of its id.
    ///
    /// @param key of AES, and 4 octets of salt
    public Request add(byte[] key) {
        Struct replay =
                Struct.of(REPLAY_ESN_BYTES).u32(0, (replayWindow + 31) / 32).u32(ESN_WINDOW_AT, replayWindow);
        byte[] name = ALGORITHM.getBytes(StandardCharsets.US_ASCII);
        Struct aead = Struct.of(ALGORITHM_NAME_BYTES + 8 + key.length)
                .bytes(0, name)
                .u32(ALGORITHM_NAME_BYTES, 8 * key.length)
                .u32(ALGORITHM_NAME_BYTES + 4, TAG_BITS)
                .bytes(ALGORITHM_NAME_BYTES + 8, key);
        Request request = Request.of(Xfrm.XFRM_MSG_NEWSA, Nl.NLM_F_ACK, () -> "add " + this)
                .bytes(info().array())
                .attribute(Xfrm.XFRMA_ALG_AEAD, aead.array())
                .attribute(Xfrm.XFRMA_REPLAY_ESN_VAL, replay.array());
        if (ports != null) {
            Struct encapsulation = Struct.of(ENCAP_BYTES)
                    .u16(0, Xfrm.UDP_ENCAP_ESPINUDP)
                    .be16(2, ports.source)
                    .be16(4, ports.destination);
            request.attribute(Xfrm.XFRMA_ENCAP, encapsulation.array());
        }
        if (interfaceId != 0) {
            request.attributeU32(Xfrm.XFRMA_IF_ID, interfaceId);
        }
        return request;
    }

    /// struct xfrm_usersa_info.
    private Struct info() {
        int family = Struct.family(id.destination());
        return Struct.of(USERSA_INFO_BYTES)
                .address(ID_AT, id.destination())
                .be32(ID_AT + 16, id.spi())
                .u8(ID_AT + 20, Xfrm.IPPROTO_ESP)
                .address(SOURCE_AT, source)
                .u64(SOFT_OCTETS_AT, softOctets)
                .u64(HARD_OCTETS_AT, Xfrm.XFRM_INF)
                .u64(SOFT_PACKETS_AT, softPackets)
                .u64(HARD_PACKETS_AT, Xfrm.XFRM_INF)
                .u32(REQID_AT, reqid)
                .u16(FAMILY_AT, family)
                .u8(MODE_AT, mode.number)
                .u8(FLAGS_AT, Xfrm.XFRM_STATE_AF_UNSPEC | (esn ? Xfrm.XFRM_STATE_ESN : 0));
    }

    /// The state in an XFRM_MSG_NEWSA message; null for another protocol's.
    public static @Nullable XfrmState parse(Message message) {
        if (message.payloadLength() < USERSA_INFO_BYTES) {
            return null;
        }
        Struct info = Struct.of(message, USERSA_INFO_BYTES);
        int family = info.u16(FAMILY_AT);
        if (info.u8(ID_AT + 20) != Xfrm.IPPROTO_ESP || (family != Xfrm.AF_INET && family != Xfrm.AF_INET6)) {
            return null;
        }
        int window = info.u8(FLAGS_AT - 1);
        int interfaceId = 0;
        UdpPorts ports = null;
        Attributes attributes = message.attributes(USERSA_INFO_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Xfrm.XFRMA_REPLAY_ESN_VAL ->
                    window = Struct.of(attributes, REPLAY_ESN_BYTES).u32(ESN_WINDOW_AT);
                case Xfrm.XFRMA_ENCAP -> {
                    Struct encapsulation = Struct.of(attributes, ENCAP_BYTES);
                    ports = new UdpPorts(encapsulation.be16(2), encapsulation.be16(4));
                }
                case Xfrm.XFRMA_IF_ID -> interfaceId = attributes.u32();
                default -> {}
            }
        }
        return new XfrmState(
                id(info),
                info.address(SOURCE_AT, family),
                info.u32(REQID_AT),
                interfaceId,
                XfrmMode.of(info.u8(MODE_AT)),
                (info.u8(FLAGS_AT) & Xfrm.XFRM_STATE_ESN) != 0,
                window,
                ports,
                info.u64(SOFT_PACKETS_AT),
                info.u64(SOFT_OCTETS_AT));
    }

    /// The counters in a message that {@link #parse} takes.
    public static Counters counters(Message message) {
        Struct info = Struct.of(message, USERSA_INFO_BYTES);
        long late = Integer.toUnsignedLong(info.u32(LATE_AT));
        return new Counters(
                info.u64(PACKETS_AT),
                info.u64(OCTETS_AT),
                late + Integer.toUnsignedLong(info.u32(REPLAYED_AT)),
                Integer.toUnsignedLong(info.u32(NOT_AUTHENTIC_AT)));
    }

    /// @param info struct xfrm_usersa_info
    static StateId id(Struct info) {
        return new StateId(info.address(ID_AT, info.u16(FAMILY_AT)), info.be32(ID_AT + 16));
    }

    @Override
    public String toString() {
        return id + " src " + source + " reqid " + Integer.toUnsignedString(reqid);
    }
}
