package slash32.securitygroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.Bytes;

class PacketSummaryTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0800 | 45000028 00000000 40 06 0000 0a000001 0a090001 0fa00016 00000000"
                        + " | tcp 10.0.0.1:4000 > 10.9.0.1:22 length 40",
                "0800 | 46000028 00000000 40 11 0000 0a000001 0a090001 00000000 00350044"
                        + " | udp 10.0.0.1:53 > 10.9.0.1:68 length 40",
                "0800 | 45000028 00002001 40 01 0000 0a000001 0a090001 0800 | icmp 10.0.0.1 > 10.9.0.1 length 40",
                "0800 | 45000028 00000000 40 01 0000 0a000001 0a090001 0800 | icmp type 8 code 0 10.0.0.1 > 10.9.0.1"
                        + " length 40",
                "0800 | 41000028 00000000 40 06 0000 0a000001 0a090001 0fa00016 | tcp 10.0.0.1 > 10.9.0.1 length 40",
                "0800 | 45000028 00000000 40 fd 0000 0a000001 0a090001 | 253 10.0.0.1 > 10.9.0.1 length 40",
                "0800 | 45000028 | 'ethertype 0x0800, 4 bytes'",
                "0800 | '' | 'ethertype 0x0800, 0 bytes'",
                "86dd | 60000000 0010 11 40 20010db8000000000000000000000001 20010db8000900000000000000000001 0fa00035"
                        + " | udp [2001:db8::1]:4000 > [2001:db8:9::1]:53 length 56",
                "86dd | 60000000 0010 00 40 20010db8000000000000000000000001 20010db8000900000000000000000001"
                        + " 3c00000000000000 0600000000000000 0fa00016"
                        + " | tcp [2001:db8::1]:4000 > [2001:db8:9::1]:22 length 56",
                "86dd | 60000000 0010 2c 40 20010db8000000000000000000000001 20010db8000900000000000000000001"
                        + " 0600000800000000 0fa00016 | tcp 2001:db8::1 > 2001:db8:9::1 length 56",
                "86dd | 60000000 0010 3a 40 20010db8000000000000000000000001 20010db8000900000000000000000001 8600"
                        + " | icmpv6 type 134 code 0 2001:db8::1 > 2001:db8:9::1 length 56",
                "0806 | 0001080006040002 52540000000a 0a000063 000000000000 0a000002"
                        + " | arp 52:54:00:00:00:0a 10.0.0.99 > 10.0.0.2 operation 2",
                "0806 | 0006080006040002 52540000000a 0a000063 000000000000 0a000002 | 'ethertype 0x0806, 28 bytes'",
            })
    void aPacketSaysWhatItIs(String etherType, String hex, String text) {
        Bytes packet = Bytes.fromHex(hex);
        assertThat(PacketSummary.of(Integer.parseInt(etherType, 16), packet)).hasToString(text);
        for (int length = 0; length < packet.length(); length++) {
            Bytes cut = Bytes.copyOf(packet.toArray(), 0, length);
            assertThatCode(() -> PacketSummary.of(Integer.parseInt(etherType, 16), cut))
                    .doesNotThrowAnyException();
        }
    }
}
