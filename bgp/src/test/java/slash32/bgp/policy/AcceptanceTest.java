package slash32.bgp.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;

class AcceptanceTest {
    private static final Asn OWN_AS = new Asn(65000);
    private static final BgpIdentifier OWN = new BgpIdentifier(1);
    private static final Set<IpAddress> OWN_ADDRESSES = Set.of(IpAddress.parse("10.0.0.99"));
    private static final PathAttributes ANY =
            PathAttributes.builder().nextHop(IpAddress.parse("10.0.0.1")).build();

    @Test
    void anInternalPathIsTaken() {
        assertThat(of(ANY)).isEqualTo(Acceptance.ACCEPTED);
        AsPath elsewhere = AsPath.EMPTY.prepend(new Asn(65001)).prepend(new Asn(65002));
        assertThat(of(ANY.toBuilder()
                        .asPath(elsewhere)
                        .originatorId(new BgpIdentifier(2))
                        .build()))
                .isEqualTo(Acceptance.ACCEPTED);
    }

    /// What a reflector sends back to us, and what came through our AS before.
    @Test
    void ownRoutesAndLoopsAreNot() {
        assertThat(of(ANY.toBuilder().originatorId(OWN).build())).isEqualTo(Acceptance.OWN_ROUTE);
        assertThat(of(ANY.toBuilder().nextHop(IpAddress.parse("10.0.0.99")).build()))
                .isEqualTo(Acceptance.OWN_NEXT_HOP);
        AsPath loop = AsPath.EMPTY.prepend(OWN_AS).prepend(new Asn(65002));
        assertThat(of(ANY.toBuilder().asPath(loop).build())).isEqualTo(Acceptance.AS_LOOP);
    }

    @Test
    void anExternalPeerNeedsAPolicyAndThereIsNone() {
        PathAttributes external =
                ANY.toBuilder().asPath(AsPath.EMPTY.prepend(new Asn(65001))).build();
        assertThat(Acceptance.of(external, OWN_AS, OWN, OWN_ADDRESSES, false)).isEqualTo(Acceptance.NO_POLICY);
    }

    private static Acceptance of(PathAttributes path) {
        return Acceptance.of(path, OWN_AS, OWN, OWN_ADDRESSES, true);
    }
}
