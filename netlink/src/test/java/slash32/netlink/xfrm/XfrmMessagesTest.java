package slash32.netlink.xfrm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;
import slash32.netlink.xfrm.XfrmPolicy.Direction;
import slash32.netlink.xfrm.XfrmPolicy.Verdict;
import slash32.testkit.Seeds;

/// Requests as ip(8) of iproute2 6.1 sends them. A word and a number behind a star are so many of that word.
class XfrmMessagesTest {
    private static final IpAddress A = IpAddress.parse("10.0.0.1");
    private static final IpAddress B = IpAddress.parse("10.0.0.2");
    private static final Prefix ALL = Prefix.parse("0.0.0.0/0");
    private static final XfrmState TUNNEL_STATE = new XfrmState(
            new StateId(B, 0xc0ff_ee01),
            A,
            0x5320_0001,
            0x0a00_0001,
            XfrmMode.TUNNEL,
            true,
            1_024,
            new XfrmState.UdpPorts(4_500, 4_501),
            1_000,
            5_000);

    /// An attribute that ip sends with a deletion: from nowhere.
    private static final int XFRMA_SRCADDR = 13;

    private static byte[] key(int length) {
        byte[] key = new byte[length];
        for (int i = 0; i < length; i++) {
            key[i] = (byte) i;
        }
        return key;
    }

    static Stream<Arguments> requests() {
        return Stream.of(
                arguments(
                        "ip xfrm policy add src 10.0.0.1/32 dst 10.0.0.3/32 proto udp dport 4789 dir out "
                                + "priority 7 action block",
                        new XfrmPolicy(
                                        Direction.OUT,
                                        new XfrmSelector(
                                                Prefix.parse("10.0.0.1"), Prefix.parse("10.0.0.3"), 17, 0, 4789),
                                        0,
                                        7,
                                        new Verdict.Block())
                                .add(),
                        """
                        b8000000 13000500 00000000 00000000 0a000003 00000000 00000000 00000000 0a000001
                        00000000 00000000 00000000 12b5ffff 00000000 02002020 11000000 00000000 00000000
                        ffffffff*8 00000000*16 07000000 00000000 01010000 00000000"""),
                arguments(
                        "ip xfrm policy update src 0.0.0.0/0 dst 0.0.0.0/0 dir fwd priority 4294967295 "
                                + "if_id 0x0a000001 tmpl src 10.0.0.2 dst 10.0.0.1 proto esp spi 0x10000001 reqid "
                                + "1394606081 mode tunnel",
                        new XfrmPolicy(
                                        Direction.FWD,
                                        new XfrmSelector(ALL, ALL, 0, 0, 0),
                                        0x0a00_0001,
                                        -1,
                                        new Verdict.Protect(B, A, 0x1000_0001, 0x5320_0001, XfrmMode.TUNNEL))
                                .replace(),
                        """
                        04010000 19000500 00000000*12 02000000 00000000 00000000 00000000 ffffffff*8
                        00000000*16 ffffffff 00000000 02000000 00000000 44000500 0a000001 00000000 00000000
                        00000000 10000001 32000000 02000000 0a000002 00000000 00000000 00000000 01002053
                        01000000 ffffffff ffffffff ffffffff 08001f00 0100000a"""),
                arguments(
                        "ip xfrm policy delete src 2001:db8::/32 dst fd00::/8 dir in",
                        new XfrmPolicy(
                                        Direction.IN,
                                        new XfrmSelector(
                                                Prefix.parse("2001:db8::/32"), Prefix.parse("fd00::/8"), 0, 0, 0),
                                        0,
                                        1,
                                        new Verdict.Block())
                                .delete(),
                        """
                        50000000 14000500 00000000 00000000 fd000000 00000000 00000000 00000000 20010db8
                        00000000*5 0a000820 00000000*5"""),
                arguments(
                        "ip xfrm state add src 10.0.0.1 dst 10.0.0.2 proto esp spi 0xc0ffee01 reqid "
                                + "1394606081 mode tunnel replay-window 1024 flag esn flag af-unspec aead "
                                + "'rfc4106(gcm(aes))' "
                                + "0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223 128 "
                                + "encap espinudp 4500 4501 0.0.0.0 if_id 0x0a000001 limit packet-soft 1000 limit "
                                + "byte-soft 5000",
                        TUNNEL_STATE.add(key(36)),
                        """
                        a0010000 10000500 00000000*16 0a000002 00000000 00000000 00000000 c0ffee01 32000000
                        0a000001 00000000 00000000 00000000 88130000 00000000 ffffffff ffffffff e8030000
                        00000000 ffffffff ffffffff 00000000*20 01002053 02000100 a0000000 00000000 70001200
                        72666334 31303628 67636d28 61657329 29000000 00000000*11 20010000 80000000 00010203
                        04050607 08090a0b 0c0d0e0f 10111213 14151617 18191a1b 1c1d1e1f 20212223 1c000400
                        02001194 11950000 00000000*4 1c001700 20000000 00000000*4 00040000 08001f00 0100000a"""),
                arguments(
                        "ip xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0x100 reqid 1 "
                                + "mode transport replay-window 64 flag af-unspec aead 'rfc4106(gcm(aes))' "
                                + "0x000102030405060708090a0b0c0d0e0f10111213 128",
                        new XfrmState(
                                        new StateId(IpAddress.parse("2001:db8::2"), 0x100),
                                        IpAddress.parse("2001:db8::1"),
                                        1,
                                        0,
                                        XfrmMode.TRANSPORT,
                                        false,
                                        64,
                                        null,
                                        -1,
                                        -1)
                                .add(key(20)),
                        """
                        6c010000 10000500 00000000*16 20010db8 00000000 00000000 00000002 00000100 32000000
                        20010db8 00000000 00000000 00000001 ffffffff*8 00000000*20 01000000 0a000000 20000000
                        00000000 60001200 72666334 31303628 67636d28 61657329 29000000 00000000*11 a0000000
                        80000000 00010203 04050607 08090a0b 0c0d0e0f 10111213 1c001700 02000000 00000000*4
                        40000000"""),
                arguments(
                        "ip xfrm state delete dst 10.0.0.2 proto esp spi 0xc0ffee01",
                        TUNNEL_STATE.id().delete(),
                        """
                        3c000000 11000500 00000000 00000000 0a000002 00000000 00000000 00000000 c0ffee01
                        02003200 14000d00 00000000*4"""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void aRequestIsAsIpSendsIt(String command, Request request, String hex) {
        String words = Pattern.compile("(\\w{8})\\*(\\d+)")
                .matcher(hex)
                .replaceAll(run -> run.group(1).repeat(Integer.parseInt(run.group(2))));
        byte[] ip = HexFormat.of().parseHex(words.replaceAll("\\s", ""));
        assertThat(parts(request.toArray())).as(command).isEqualTo(parts(ip));
    }

    /// Type, flags and structure, and attributes; the order of attributes is nobody's business.
    private static List<String> parts(byte[] message) {
        ByteBuffer buffer = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        int headerBytes = 16
                + switch (buffer.getShort(4)) {
                    case Xfrm.XFRM_MSG_NEWSA -> XfrmState.USERSA_INFO_BYTES;
                    case Xfrm.XFRM_MSG_DELSA -> 24;
                    case Xfrm.XFRM_MSG_DELPOLICY -> 64;
                    default -> 168;
                };
        var attributes = new ArrayList<String>();
        int at = headerBytes;
        while (at < message.length) {
            int length = buffer.getShort(at);
            if (buffer.getShort(at + 2) != XFRMA_SRCADDR) {
                attributes.add(HexFormat.of().formatHex(message, at, at + length));
            }
            at += (length + 3) & ~3;
        }
        attributes.sort(null);
        attributes.addFirst(HexFormat.of().formatHex(message, 4, headerBytes));
        return attributes;
    }

    @Test
    void aMessageIsReadAsItWasMeant() {
        var policy = new XfrmPolicy(
                Direction.IN,
                new XfrmSelector(Prefix.parse("fd00::/8"), Prefix.parse("2001:db8::1"), 17, 4_789, 0),
                7,
                -2,
                new Verdict.Protect(A, B, 9, 8, XfrmMode.TRANSPORT));
        Message.split(ByteBuffer.wrap(TUNNEL_STATE.add(key(36)).toArray()), message -> {
            assertThat(XfrmState.parse(message)).isEqualTo(TUNNEL_STATE);
            assertThat(XfrmState.counters(message)).isEqualTo(new XfrmState.Counters(0, 0, 0, 0));
        });
        Message.split(
                ByteBuffer.wrap(policy.replace().toArray()),
                message -> assertThat(XfrmPolicy.parse(message)).isEqualTo(policy));
        Message.split(
                ByteBuffer.wrap(TUNNEL_STATE.id().delete().toArray()),
                message ->
                        assertThat(XfrmEvent.parse(message)).isEqualTo(new XfrmEvent.StateRemoved(TUNNEL_STATE.id())));
    }

    static Stream<Arguments> events() {
        byte[] state = new byte[232]; // struct xfrm_user_expire
        byte[] request = TUNNEL_STATE.add(key(36)).toArray();
        System.arraycopy(request, 16, state, 0, XfrmState.USERSA_INFO_BYTES);
        byte[] hard = state.clone();
        hard[XfrmState.USERSA_INFO_BYTES] = 1;
        byte[] mapping = new byte[XfrmEvent.USER_MAPPING_BYTES];
        System.arraycopy(TUNNEL_STATE.id().delete().toArray(), 16, mapping, 0, 24);
        System.arraycopy(B.toArray(), 0, mapping, XfrmEvent.NEW_SADDR, B.toArray().length);
        mapping[62] = (byte) 0x9c;
        mapping[63] = 0x40;
        return Stream.of(
                arguments(Xfrm.XFRM_MSG_MAPPING, mapping, new XfrmEvent.Moved(TUNNEL_STATE.id(), B, 40_000)),
                arguments(Xfrm.XFRM_MSG_EXPIRE, state, new XfrmEvent.WornOut(TUNNEL_STATE.id())),
                arguments(Xfrm.XFRM_MSG_EXPIRE, hard, new XfrmEvent.StateRemoved(TUNNEL_STATE.id())),
                arguments(Xfrm.XFRM_MSG_FLUSHSA, new byte[4], new XfrmEvent.StatesFlushed()),
                arguments(Xfrm.XFRM_MSG_FLUSHPOLICY, new byte[0], new XfrmEvent.PoliciesRemoved()),
                arguments(Xfrm.XFRM_MSG_ACQUIRE, new byte[280], new XfrmEvent.StateWanted(7)));
    }

    @ParameterizedTest
    @MethodSource("events")
    void anEventIsRead(int type, byte[] struct, XfrmEvent event) {
        Request report = Request.of(type, 0, () -> "").bytes(struct).attributeU32(Xfrm.XFRMA_IF_ID, 7);
        Message.split(
                ByteBuffer.wrap(report.toArray()),
                message -> assertThat(XfrmEvent.parse(message)).isEqualTo(event));
    }

    /// What the test of all messages does for routes.
    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void neverReadsBeyondWhatTheKernelSent(long seed) {
        var random = new Random(seed);
        byte[] good = TUNNEL_STATE.add(key(36)).toArray();
        for (int i = 0; i < 500; i++) {
            byte[] bad = Arrays.copyOf(good, random.nextInt(good.length + 1));
            for (int k = 0; k < random.nextInt(5) && bad.length > 0; k++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            Message.split(ByteBuffer.wrap(bad), message -> {
                try {
                    XfrmState.parse(message);
                    XfrmPolicy.parse(message);
                    XfrmEvent.parse(message);
                } catch (IllegalArgumentException e) {
                    assertThat(e).hasMessageMatching(".*(attribute|message type|prefix|bits).*");
                }
            });
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(10, 1);
    }
}
