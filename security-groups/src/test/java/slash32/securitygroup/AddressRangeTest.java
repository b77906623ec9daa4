package slash32.securitygroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.1, 10.0.0.1/32",
        "10.0.0.0/8, 10.0.0.0/8",
        "10.0.0.5-10.0.0.5, 10.0.0.5/32",
        "10.0.0.5-10.0.0.9, 10.0.0.5/32 10.0.0.6/31 10.0.0.8/31",
        "0.0.0.0-255.255.255.255, 0.0.0.0/0",
        "255.255.255.254-255.255.255.255, 255.255.255.254/31",
        "127.255.255.255-128.0.0.0, 127.255.255.255/32 128.0.0.0/32",
        "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, ::/0",
        "fd00::ffff-fd00::1:0, fd00::ffff/128 fd00::1:0/128",
    })
    void aRangeIsTheFewestPrefixes(String text, String prefixes) {
        assertThat(AddressRange.parse(text).stream()
                        .map(prefix -> prefix.address() + "/" + prefix.length())
                        .toList())
                .containsExactly(prefixes.split(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-", "10.0.0.1-", "10.0.0.9-10.0.0.1", "10.0.0.1-fd00::1", "10.0.0.0/8-10.0.0.9", "a"})
    void refusesWhatIsNone(String text) {
        assertThatThrownBy(() -> AddressRange.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
