package slash32.agent.vm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.IpAddress;
import slash32.overlay.pki.AuthorityFolder;
import slash32.overlay.pki.NodeFolder;
import slash32.testkit.Requirement;

/// Two agents of two sites in QEMU, whose kernel seals what crosses.
@Tag("interop")
class AgentVmTest {
    private static final Path RUN = Path.of("../.ci/kernel-vm").toAbsolutePath().normalize();
    private static final Duration LIFE = Duration.ofDays(1);

    @Test
    void theKernelCarriesWhatCrossesAndRestartsLetNothingOut(@TempDir Path folder) throws Exception {
        assertThat(run(folder, "esp"))
                .contains("ok the hosts ask for no keys")
                .contains("ok nothing crosses while IKE is cut")
                .contains("ok a certificate that has ended is refused")
                .contains("ok nothing crosses to who has it")
                .contains("ok guests reach each other in IPv4")
                .contains("ok guests reach each other in IPv6")
                .contains("ok members of a segment reach each other")
                .contains("ok the kernel seals it")
                .contains("ok hypervisors reach each other in the admin network")
                .contains("ok two kernels need no UDP")
                .contains("ok nothing is lost while keys are replaced")
                .contains("ok guests go on while an agent is dead")
                .contains("ok the states stay while an agent is dead")
                .contains("ok traffic goes on after a restart")
                .contains("ok the old states are gone")
                .contains("ok a device that somebody removed is made anew")
                .contains("ok a kernel at one end, user space at the other")
                .contains("ok nothing is left of the kernel's")
                .contains("ok nothing plain was on the wire")
                .contains("ok end ");
    }

    @Test
    void whatCrossesGoesInGreAndNoneOfItUnsealed(@TempDir Path folder) throws Exception {
        assertThat(run(folder, "gre"))
                .contains("ok guests reach each other by GRE in IPv4")
                .contains("ok guests reach each other by GRE in IPv6")
                .contains("ok what is sealed is GRE, both ways")
                .contains("ok a packet of 1414 octets crosses whole in GRE")
                .contains("ok a guest that sends more is told")
                .contains("ok nothing is left of the tunnel")
                .contains("ok GRE is dropped and counted where nobody stated it")
                .contains("ok nothing plain was on the wire")
                .contains("ok end ");
    }

    private static void nodes(Path folder) throws Exception {
        var random = new SecureRandom();
        var authority =
                AuthorityFolder.create(folder.resolve("ca"), "lab", Instant.now(), LIFE.multipliedBy(2), false, random);
        for (AgentVm.Node node : AgentVm.NODES) {
            Path own = Files.createDirectories(folder.resolve(node.name()));
            boolean late = node.site() == 2;
            issue(
                    authority,
                    node,
                    Instant.now().minus(late ? LIFE.multipliedBy(2) : Duration.ZERO),
                    own.resolve("pki"));
            issue(authority, node, Instant.now(), own.resolve("renewed"));
            for (String dataPath : List.of("auto", "userspace")) {
                Files.writeString(own.resolve(dataPath + ".yaml"), configuration(node, own, dataPath));
            }
            String rules = """
                    overlays: [{name: wan, sites: [1, 2], encapsulation: gre}]
                    hostProtection: {failsafePorts: [22]}
                    """;
            Files.writeString(own.resolve("gre.yaml"), configuration(node, own, "auto") + rules);
            Files.writeString(own.resolve("gre-userspace.yaml"), configuration(node, own, "userspace") + rules);
            Files.writeString(
                    Files.createDirectories(own.resolve("endpoints.d")).resolve("guest.yaml"), endpoint(node));
        }
    }

    private static void issue(AuthorityFolder authority, AgentVm.Node node, Instant from, Path folder)
            throws IOException {
        authority.issue(
                node.name() + ".lab", List.of(IpAddress.parse(node.underlay())), from, LIFE, new NodeFolder(folder));
    }

    private static String configuration(AgentVm.Node node, Path own, String dataPath) {
        return """
                node: %s
                site: {id: %s}
                asn: 65000
                underlay: {address: %s, address6: "%s", external: %s}
                peers: [{address: %s, holdTime: 9s, families: [ipv4-unicast, ipv6-unicast, l2vpn-evpn]}]
                listen: ["%s:179"]
                gracefulRestart: 600s
                endpointPrefixes: [10.1.0.0/16, "2001:db8:1::/48"]
                endpointsDirectory: %s
                stateDirectory: /tmp/%s
                api: {socket: /run/%s.sock}
                overlay: {certificates: %s, dataPath: %s, rekey: {packets: 1000}, admin: {address: %s, prefix: 10.99.0.0/24}}
                segments: [{name: blue, vni: 100, ports: [{device: blue, mac: "%s", addresses: [%s]}]}]
                """.formatted(
                        node.name(),
                        node.site(),
                        node.underlay(),
                        node.underlay6(),
                        node.external(),
                        node.other().underlay(),
                        node.underlay(),
                        own.resolve("endpoints.d"),
                        node.name(),
                        node.name(),
                        own.resolve("pki"),
                        dataPath,
                        node.admin(),
                        node.memberMac(),
                        node.member());
    }

    private static String endpoint(AgentVm.Node node) {
        return """
                groups:
                  - {id: 10, name: all, rules: [{id: o4, direction: egress, ethertype: IPv4}, {id: o6, direction: egress, ethertype: IPv6}, {id: i4, direction: ingress, ethertype: IPv4}, {id: i6, direction: ingress, ethertype: IPv6}]}
                endpoints:
                  - {id: %s, device: s32g, deviceKind: any, mac: "%s", addresses: [%s, "%s"], groups: [10]}
                """.formatted(node.name(), node.mac(), node.guest(), node.guest6());
    }

    /// Has {@link AgentVm} do one of its parts there.
    private static String run(Path folder, String part) throws Exception {
        Requirement.root();
        Requirement.program("qemu-system-x86_64", "qemu-system-x86");
        Requirement.program("tcpdump", "tcpdump");
        Requirement.program("curl", "curl");
        nodes(folder);
        var builder = new ProcessBuilder(
                        RUN.toString(),
                        AgentVm.java(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        AgentVm.class.getName(),
                        folder.toString(),
                        part)
                .redirectErrorStream(true);
        builder.environment().put("SECONDS_MAX", "900"); // emulated CPUs of a busy host
        Process vm = builder.start();
        vm.getOutputStream().close();
        String output = new String(vm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(vm.waitFor()).as(output).isZero();
        return output;
    }
}
