package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.compile.RulesetCompiler;

/// What most tests have on the wire: one guest, and the fabric behind an interface that is none of ours.
final class GuestAndFabric {
    static final InterfaceName TAP = new InterfaceName("tapa");
    static final MacAddress MAC = MacAddress.parse("52:54:00:00:00:0a");
    static final String OUTSIDE = "up0";
    static final MacAddress OUTSIDE_MAC = MacAddress.parse("52:54:00:00:00:0f");
    static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));

    private GuestAndFabric() {}

    /// A wire with both on it.
    static Wire wire() throws IOException {
        var wire = new Wire();
        wire.attach(TAP.value(), MAC, guest(false), guest(true));
        wire.attach(OUTSIDE, OUTSIDE_MAC, outside(false), outside(true));
        return wire;
    }

    static IpAddress guest(boolean v6) {
        return IpAddress.parse(v6 ? "2001:db8::1" : "10.0.0.1");
    }

    static IpAddress outside(boolean v6) {
        return IpAddress.parse(v6 ? "2001:db8:9::1" : "10.9.0.1");
    }

    /// The guest as an endpoint in these groups.
    static EndpointPolicy in(GroupId... groups) {
        return new EndpointPolicy(
                TAP, MAC, Set.of(guest(false).hostPrefix(), guest(true).hostPrefix()), List.of(groups), true);
    }

    static void apply(Firewall firewall) {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }
}
