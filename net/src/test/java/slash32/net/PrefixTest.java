package slash32.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTest {
    @Test
    void parsesPrefixesAndBareAddresses() {
        assertThat(Prefix.parse("10.1.0.0/16")).hasToString("10.1.0.0/16");
        assertThat(Prefix.parse("10.1.2.3")).hasToString("10.1.2.3/32");
        assertThat(Prefix.parse("2001:db8::/33")).hasToString("2001:db8::/33");
        assertThat(Prefix.parse("::/0").length()).isZero();
        assertThat(Prefix.parse("0.0.0.0/0").contains(IpAddress.parse("203.0.113.9")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/",
                "10.0.0.0/1 ",
                "::/129",
                "::/1234",
                "x/8",
                "10.0.0.0/8/8"
            })
    void refusesLengthsOutOfRange(String text) {
        assertThatThrownBy(() -> Prefix.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesTheRightPrefixWhenHostBitsAreSet() {
        assertThatThrownBy(() -> Prefix.parse("10.1.2.3/24")).hasMessageContaining("10.1.2.0/24");
        assertThatThrownBy(() -> Prefix.parse("2001:db8::1/64")).hasMessageContaining("2001:db8::/64");
    }

    @Test
    void coversByBitsNotByText() {
        assertThat(Prefix.parse("10.0.0.0/9").covers(Prefix.parse("10.127.0.0/16")))
                .isTrue();
        assertThat(Prefix.parse("10.0.0.0/9").covers(Prefix.parse("10.128.0.0/16")))
                .isFalse();
        assertThat(Prefix.parse("10.0.0.0/16").covers(Prefix.parse("10.0.0.0/9")))
                .isFalse();
        assertThat(Prefix.parse("::/0").covers(Prefix.parse("0.0.0.0/0"))).isFalse();
        assertThat(Prefix.parse("2001:db8:8000::/33").contains(IpAddress.parse("2001:db8:ffff::1")))
                .isTrue();
        assertThat(Prefix.parse("2001:db8::/127").contains(IpAddress.parse("2001:db8::2")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "sixteen-letters-", "a/b", "a b", ".", "..", "a:b", "tap*", "ünicode"})
    void refusesInterfaceNamesTheKernelRefusesOrNftWouldWiden(String name) {
        assertThatThrownBy(() -> new InterfaceName(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"52:54:00:12:34", "52-54-00-12-34-56", "52:54:00:12:34:5g", ""})
    void refusesMalformedMacs(String text) {
        assertThatThrownBy(() -> MacAddress.parse(text)).hasMessageContaining("MAC");
    }
}
