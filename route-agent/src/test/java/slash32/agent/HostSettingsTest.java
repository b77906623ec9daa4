package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigFile;
import slash32.agent.config.Loaded;
import slash32.overlay.choice.SiteId;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Traffic;

class HostSettingsTest {
    private static final String CONFIG = """
            node: hv1
            site: {id: 1}
            asn: 65000
            underlay: {address: 10.0.0.11}
            hostProtection: {failsafePorts: [22]}
            overlay: {certificates: /etc/slash32/pki, guests: [10.1.0.0/16]}
            """;

    private static AgentConfig config(String rules) {
        return ((Loaded.Accepted<AgentConfig>) ConfigFile.parse(CONFIG + "overlays: [" + rules + "]\n")).config();
    }

    @Test
    void aPortIsForTheSitesOfAllRulesThatHoldHere() {
        AgentConfig config =
                config("{name: a, port: 4790, sites: [1, 2]}, {name: b, port: 4790, sites: [1, 3]}, {name: c, port:"
                        + " 4791, sites: [2]}, {name: d, port: 4792}, {name: e, port: 4792, sites: [1]}");
        assertThat(HostSettings.limitedPorts(config))
                .containsOnlyKeys(4790, 4791)
                .containsEntry(4790, Set.of(new SiteId(1), new SiteId(2), new SiteId(3)))
                .containsEntry(4791, Set.of());
        assertThat(HostSettings.tunnelPorts(config)).containsExactly(4789, 4790, 4791, 4792);
    }

    @Test
    void theUsualPortIsForAllUnlessTheUsualRuleNamesSites() {
        assertThat(HostSettings.limitedPorts(config("{name: a, sites: [1, 2]}")))
                .isEmpty();
        assertThat(HostSettings.limitedPorts(config("{name: default, sites: [1, 2]}")))
                .containsOnlyKeys(4789);
    }

    @Test
    void whatHoldsElsewhereOpensNothing() {
        var rules =
                HostSettings.of(config("{name: a, port: 4790, encapsulation: gre}, {name: b, port: 4791, sites: [2]}"));
        assertThat(Objects.requireNonNull(rules).fromNodes())
                .containsExactly(
                        new Traffic.Ports(IpProtocol.UDP, 4790, 4790), new Traffic.OfProtocol(new IpProtocol(47)));
        rules = HostSettings.of(config("{name: b, sites: [2], encapsulation: gre}"));
        assertThat(Objects.requireNonNull(rules).fromNodes()).isEmpty();
    }
}
