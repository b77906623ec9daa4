package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.bgp.rib.Contender;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Vni;

/// What a node imports of a route that two reflectors tell it, one of which strips extended communities. The one that
/// does so would win otherwise.
class EvpnImportTest {
    private static final int STRIPPER = 0;
    private static final int WHOLE = 1;
    private static final ExtendedCommunity BLUE = ExtendedCommunity.routeTarget(65000, 100);
    private static final Ipv4Address VTEP = Ipv4Address.parse("10.0.0.12");
    private static final EvpnInstance INSTANCE =
            new EvpnInstance(RouteDistinguisher.of(VTEP, 100), new Vni(100), List.of(BLUE), VTEP);

    private final LocRib rib = new LocRib(AddressFamily.L2VPN_EVPN);
    private final RibDelta.Builder delta = new RibDelta.Builder(AddressFamily.L2VPN_EVPN);
    private final NlriNumbers numbers = new NlriNumbers(_ -> true);
    private final EvpnImport imports = new EvpnImport();
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void peers() {
        for (int peer : List.of(STRIPPER, WHOLE)) {
            rib.peer(peer, new Contender(true, new BgpIdentifier(peer + 1), IpAddress.parse("10.0.0." + (peer + 1))));
        }
        imports.retarget(Set.of(BLUE), rib, numbers);
    }

    @Test
    void aReflectorThatStripsTargetsHidesNothing() {
        announce(STRIPPER, 0);
        assertThat(told).isEmpty();
        announce(WHOLE, 0);
        assertThat(told).containsExactly("0");
        announce(STRIPPER, 5);
        assertThat(told).containsExactly("0");
        announce(WHOLE, 5);
        assertThat(told).containsExactly("0", "5");
        assertThat(imports.retarget(Set.of(), rib, numbers)).hasSize(1);
        assertThat(imports.retarget(Set.of(BLUE), rib, numbers)).hasSize(1);
        assertThat(imports.best(Map.of(), rib, numbers))
                .allSatisfy(best -> assertThat(best.imported()).isTrue());
    }

    @Test
    void whatOnlyTheStripperSaysIsImportedNoMore() {
        announce(WHOLE, 3);
        announce(STRIPPER, 3);
        rib.withdraw(WHOLE, 0, number(), 0, 0, delta);
        take();
        assertThat(told).containsExactly("3", "gone");
        announce(WHOLE, 4);
        rib.peerDown(STRIPPER, delta);
        take();
        assertThat(told).containsExactly("3", "gone", "4");
    }

    private void announce(int peer, long sequence) {
        EvpnPath path = path(sequence);
        var attributes = path.attributes().toBuilder().nlriData(NlriParts.data(new Nlri.Evpn(0, path.route())));
        if (peer == STRIPPER) {
            attributes.extendedCommunities(List.of());
        }
        rib.announce(peer, 0, number(), 0, 0, attributes.build(), delta);
        take();
    }

    private int number() {
        return numbers.add(NlriParts.key(new Nlri.Evpn(0, path(0).route())));
    }

    private static EvpnPath path(long sequence) {
        return INSTANCE.macIp(MacAddress.parse("02:00:00:00:00:01"), null, new Mobility(false, sequence));
    }

    private void take() {
        for (EvpnChange change : imports.changes(delta.build(), numbers)) {
            EvpnPath now = change.now();
            told.add(now == null ? "gone" : "" + Mobility.of(now.attributes()).sequence());
            assertThat(Objects.requireNonNullElse(now, path(0)).attributes().hasImportTarget())
                    .isTrue();
        }
    }
}
