package slash32.overlay.ike.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;

class MessageDecoderTest {
    private static final Header HEADER = new Header(0x1122334455667788L, 9, Header.INFORMATIONAL, true, false, 7);

    private static final Message MESSAGE = new Message(
            HEADER,
            List.of(
                    new Payload.SecurityAssociation(List.of(
                            new Proposal(
                                    1, Proposal.IKE, Bytes.EMPTY, List.of(Transform.aesGcm(256), Transform.of(2, 5))),
                            new Proposal(2, Proposal.ESP, Bytes.fromHex("01020304"), List.of()))),
                    new Payload.Notify(3, Bytes.fromHex("01020304"), NotifyType.REKEY_SA, Bytes.EMPTY),
                    new Payload.Delete(3, List.of(Bytes.fromHex("01020304"), Bytes.fromHex("05060708"))),
                    new Payload.TrafficSelectors(
                            true,
                            List.of(
                                    TrafficSelector.of(IpAddress.parse("192.0.2.1"), 17, 4789),
                                    TrafficSelector.of(IpAddress.parse("2001:db8::1"), 17))),
                    new Payload.Identification(false, Identity.name("hv1.example")),
                    new Payload.Unknown(200, true, Bytes.fromHex("aa"))));

    @Test
    void everyPrefixOfAMessageIsRefused() {
        byte[] whole = MessageEncoder.encode(MESSAGE);
        assertThat(decode(whole)).isEqualTo(new Decoded.Accepted(MESSAGE));
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            if (length >= Header.BYTES) { // so that it is not the header that gives it away
                cut[26] = (byte) (length >>> 8);
                cut[27] = (byte) length;
            }
            assertThat(decode(cut)).as("%d octets", length).isNotInstanceOf(Decoded.Accepted.class);
        }
    }

    @Test
    void octetsOutsideOfTheSliceAreNotRead() {
        byte[] whole = MessageEncoder.encode(MESSAGE);
        byte[] surrounded = new byte[whole.length + 40];
        Arrays.fill(surrounded, (byte) 0xee);
        System.arraycopy(whole, 0, surrounded, 20, whole.length);
        assertThat(MessageDecoder.decode(ByteBuffer.wrap(surrounded, 20, whole.length)))
                .isEqualTo(new Decoded.Accepted(MESSAGE));
        assertThat(MessageDecoder.decode(ByteBuffer.wrap(surrounded, 20, whole.length + 1)))
                .isInstanceOf(Decoded.NotIke.class);
    }

    @Test
    void anotherMajorVersionIsSaid() {
        byte[] bytes = MessageEncoder.encode(MESSAGE);
        bytes[17] = 0x30;
        assertThat(decode(bytes)).isEqualTo(new Decoded.OtherVersion(3, HEADER));
    }

    @Test
    void aMinorVersionIsNotLookedAt() {
        byte[] bytes = MessageEncoder.encode(MESSAGE);
        bytes[17] = 0x25;
        assertThat(decode(bytes)).isInstanceOf(Decoded.Accepted.class);
    }

    @Test
    void anEncryptedPayloadInsideOfOneIsRefused() {
        byte[] inner = MessageEncoder.inner(List.of(new Payload.Encrypted(0, Bytes.fromHex("00"))));
        assertThat(MessageDecoder.decodeInner(HEADER, Payload.ENCRYPTED, inner)).isInstanceOf(Decoded.Malformed.class);
    }

    @Test
    void fragmentsAreNumberedFromOneToTheTotal() {
        assertThat(fragment(0, 2)).isInstanceOf(Decoded.Malformed.class);
        assertThat(fragment(3, 2)).isInstanceOf(Decoded.Malformed.class);
        assertThat(fragment(2, 2)).isInstanceOf(Decoded.Accepted.class);
    }

    private static Decoded fragment(int number, int total) {
        return decode(MessageEncoder.encode(
                HEADER, List.of(new Payload.EncryptedFragment(0, number, total, Bytes.fromHex("0102")))));
    }

    @Test
    void selectorsOfAnUnknownKindAreLeftOut() {
        byte[] inner =
                Bytes.fromHex("00000014 01000000 09000008 aabbccdd 00000000").toArray();
        inner[3] = 16;
        assertThat(MessageDecoder.decodeInner(HEADER, Payload.TS_I, Arrays.copyOf(inner, 16)))
                .isEqualTo(new Decoded.Accepted(
                        new Message(HEADER, List.of(new Payload.TrafficSelectors(true, List.of())))));
    }

    @Test
    void narrowingTakesWhatBothCover() {
        var any = new TrafficSelector(0, 0, 65_535, IpAddress.parse("192.0.2.0"), IpAddress.parse("192.0.2.255"));
        var vxlan = TrafficSelector.of(IpAddress.parse("192.0.2.7"), 17, 4789);
        assertThat(any.intersection(vxlan)).contains(vxlan);
        assertThat(vxlan.intersection(any)).contains(vxlan);
        assertThat(vxlan.intersection(TrafficSelector.of(IpAddress.parse("192.0.2.7"), 6)))
                .isEmpty();
        assertThat(vxlan.intersection(TrafficSelector.of(IpAddress.parse("2001:db8::"), 17)))
                .isEmpty();
    }

    private static Decoded decode(byte[] bytes) {
        return MessageDecoder.decode(ByteBuffer.wrap(bytes));
    }
}
