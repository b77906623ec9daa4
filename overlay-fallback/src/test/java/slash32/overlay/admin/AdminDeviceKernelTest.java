package slash32.overlay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import slash32.net.Ipv4Address;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

@InNetns
class AdminDeviceKernelTest {
    private static final Ipv4Address OWN = Ipv4Address.parse("10.99.0.1");

    private static String addresses() {
        return Command.run("ip", "-o", "addr", "show", "dev", "admin32");
    }

    private static void put(Ipv4Address address) throws IOException {
        try (AdminDevice device = AdminDevice.open(address)) {
            device.put();
        }
    }

    @Test
    void aDeviceHasTheAddressAndIsRepaired() throws IOException {
        put(OWN);
        String made = addresses();
        assertThat(made).contains("inet 10.99.0.1/32").doesNotContain("inet6");
        assertThat(Command.run("ip", "route", "get", "10.99.0.1")).startsWith("local");
        put(OWN);
        assertThat(addresses()).isEqualTo(made);
        Command.run("ip", "addr", "flush", "dev", "admin32");
        Command.run("ip", "link", "set", "admin32", "down");
        put(OWN);
        assertThat(addresses()).contains("inet 10.99.0.1/32");
        assertThat(Command.run("ip", "link", "show", "admin32")).contains(",UP");
    }

    @Test
    void anAddressOfAnEarlierConfigurationGoesAndThenTheDevice() throws IOException {
        put(Ipv4Address.parse("10.99.0.7"));
        put(OWN);
        assertThat(addresses()).contains("inet 10.99.0.1/32").doesNotContain("10.99.0.7");
        AdminDevice.clear();
        AdminDevice.clear();
        assertThat(Command.tryRun("ip", "link", "show", "admin32").exitCode()).isNotZero();
    }

    @Test
    void anothersDeviceIsLeftAlone() {
        Command.run("ip", "link", "add", "admin32", "type", "veth", "peer", "name", "v1");
        assertThatThrownBy(() -> put(OWN)).hasMessage("the interface admin32 is not ours");
        assertThat(addresses()).doesNotContain("10.99.0.1");
    }
}
