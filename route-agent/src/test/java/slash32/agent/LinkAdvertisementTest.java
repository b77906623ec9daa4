package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;

class LinkAdvertisementTest {
    private static final Ipv6Address OWN = Ipv6Address.parse("fe80::5054:ff:fe12:3456");

    /// Also read by tcpdump, which finds the checksum right.
    private static final String FRAME = "333300000001525400123456" + "86dd" + "6000000000183aff"
            + "fe80000000000000505400fffe123456" + "ff020000000000000000000000000001"
            + "860070ae" + "000000000000000000000000" + "0101525400123456";

    private final byte[] frame = LinkAdvertisement.frame(MacAddress.parse("52:54:00:12:34:56"), OWN);

    @Test
    void saysWhereWeAreAndNothingElse() {
        assertThat(HexFormat.of().formatHex(frame)).isEqualTo(FRAME);
        assertThat(LinkAdvertisement.router(ByteBuffer.wrap(frame))).isEqualTo(OWN);
    }

    @Test
    void aRouterIsOnTheLink() {
        frame[21] = (byte) 254; // hop limit
        assertThat(LinkAdvertisement.router(ByteBuffer.wrap(frame))).isNull();
        frame[21] = (byte) 255;
        frame[22] = 0x20;
        assertThat(LinkAdvertisement.router(ByteBuffer.wrap(frame))).isNull();
        assertThat(LinkAdvertisement.router(ByteBuffer.wrap(frame, 0, 54))).isNull();
    }
}
