package slash32.agent.intent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.agent.status.AdminView;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.IpProtocol;

class AdminNodesTest {
    private static final Ipv4Address HV1 = Ipv4Address.parse("10.0.1.11");
    private static final Ipv4Address HV2 = Ipv4Address.parse("10.0.1.12");
    private static final Ipv4Address HV3 = Ipv4Address.parse("10.0.2.13");
    private static final Ipv4Address OWN = Ipv4Address.parse("10.99.0.11");
    private static final Ipv4Address ADMIN2 = Ipv4Address.parse("10.99.0.12");
    private static final Ipv4Address ADMIN3 = Ipv4Address.parse("10.99.0.13");
    private static final Path ENCRYPTED =
            new Path.Encrypted(HV3, Ipv4Address.parse("203.0.113.13"), new SiteId(2), Carriage.ESP_TUNNEL);
    private static final Path REFUSED = new Path.Refused(Path.Reason.OTHER_SITE);

    private final AdminNodes nodes =
            new AdminNodes(new AdminNetwork(OWN, Prefix.parse("10.99.0.0/24"), Set.of(179), Set.of(3784, 4789)), HV1);
    private final List<Effect> effects = new ArrayList<>();

    private List<Effect> said(IpAddress node, @Nullable Ipv4Address address, Path path) {
        effects.clear();
        nodes.nodeRoute(node, address, path, effects::add);
        return List.copyOf(effects);
    }

    private static Effect nobodyHas(Ipv4Address address) {
        return new Effect.AdminAddress(address, List.of(), List.of());
    }

    private static Effect hereHas(Ipv4Address node, Ipv4Address address) {
        return new Effect.AdminAddress(address, List.of(node), List.of());
    }

    private static Effect elsewhereHas(Ipv4Address node, Ipv4Address address) {
        return new Effect.AdminAddress(address, List.of(), List.of(node));
    }

    @Test
    void theAddressesOfNodesAreThoseOfNodesThatAreReached() {
        assertThat(said(HV2, ADMIN2, Path.NATIVE)).containsExactly(hereHas(HV2, ADMIN2));
        assertThat(said(HV2, ADMIN2, Path.NATIVE)).isEmpty();
        assertThat(said(HV3, ADMIN3, REFUSED)).isEmpty();
        assertThat(said(HV3, ADMIN3, ENCRYPTED)).containsExactly(elsewhereHas(HV3, ADMIN3));
        assertThat(said(HV1, OWN, Path.NATIVE)).as("its own node route").isEmpty();
        assertThat(said(IpAddress.parse("2001:db8::12"), ADMIN3, Path.NATIVE)).isEmpty();
        assertThat(nodes.view())
                .isEqualTo(new AdminView(
                        OWN,
                        Prefix.parse("10.99.0.0/24"),
                        List.of(new AdminView.Node(ADMIN2, HV2, false), new AdminView.Node(ADMIN3, HV3, true)),
                        List.of()));
        assertThat(said(HV3, ADMIN3, REFUSED)).containsExactly(nobodyHas(ADMIN3));
        assertThat(said(HV3, ADMIN3, Path.NATIVE)).containsExactly(hereHas(HV3, ADMIN3));
        assertThat(said(HV3, ADMIN3, ENCRYPTED)).as("moved").containsExactly(elsewhereHas(HV3, ADMIN3));
        assertThat(said(HV3, null, ENCRYPTED)).containsExactly(nobodyHas(ADMIN3));
        assertThat(said(HV2, null, Path.NATIVE)).containsExactly(nobodyHas(ADMIN2));
        assertThat(nodes.view().nodes()).isEmpty();
    }

    @Test
    void anAddressThatSeveralHaveIsSaidAndOneThatIsElsewhereIsNobodys() {
        said(HV2, ADMIN3, Path.NATIVE);
        assertThat(said(HV3, ADMIN3, ENCRYPTED))
                .containsExactly(new Effect.AdminAddress(ADMIN3, List.of(HV2), List.of(HV3)));
        assertThat(nodes.view().problems())
                .containsExactly("10.99.0.13 is the address of several nodes: 10.0.1.12, 10.0.2.13");
        assertThat(said(HV2, OWN, Path.NATIVE)).containsExactlyInAnyOrder(elsewhereHas(HV3, ADMIN3), hereHas(HV2, OWN));
        assertThat(nodes.view().problems()).containsExactly("10.99.0.11 is this node's and also 10.0.1.12's");
        assertThat(said(HV2, Ipv4Address.parse("10.98.0.1"), Path.NATIVE)).containsExactly(nobodyHas(OWN));
        assertThat(nodes.view().problems()).containsExactly("10.98.0.1 of 10.0.1.12 is not in 10.99.0.0/24");
        assertThat(nodes.view().nodes()).containsExactly(new AdminView.Node(ADMIN3, HV3, true));
    }

    @ParameterizedTest
    @CsvSource({
        "10.99.0.11, 10.99.0.12,  6, 40000,   22, true",
        "10.99.0.12, 10.99.0.11,  1,     8,    0, true",
        "10.99.0.12, 10.99.0.11,  6, 40000,  179, false",
        "10.99.0.12, 10.99.0.11,  6,   179, 4000, false",
        "10.99.0.11, 10.99.0.12, 17, 49152, 3784, false",
        "10.99.0.11, 10.99.0.12, 17,  3784, 5000, true",
        "10.99.0.11, 10.99.0.12, 47,     0,    0, false",
        "10.99.0.11, 10.99.0.13,  6, 40000,   22, false",
        "10.99.0.11, 10.0.1.12,   6, 40000,   22, false",
        "10.1.0.1,   10.99.0.11,  6, 40000,   22, false",
        "10.99.0.12, 10.99.0.12,  6, 40000,   22, false",
    })
    void whatThePacketsOfTheNetworkMayBe(String from, String to, int protocol, int first, int second, boolean passes) {
        said(HV2, ADMIN2, Path.NATIVE);
        var packet =
                new FirstPacket(IpAddress.parse(from), IpAddress.parse(to), new IpProtocol(protocol), first, second);
        assertThat(Objects.requireNonNull(nodes.judge(packet)).passes()).isEqualTo(passes);
    }

    @Test
    void ofOtherPacketsNothingIsSaid() {
        assertThat(nodes.judge(new FirstPacket(HV1, HV2, IpProtocol.TCP, 40_000, 179)))
                .isNull();
        IpAddress v6 = IpAddress.parse("2001:db8::1");
        assertThat(nodes.judge(new FirstPacket(v6, v6, IpProtocol.TCP, 40_000, 179)))
                .isNull();
    }
}
