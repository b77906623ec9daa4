package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.config.AgentConfig;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// A segment that the agent shares with FRR, whose zebra is the VTEP at the other side: a guest at each.
@InNetns
@Tag("interop")
class FrrVtepInteropTest {
    private static final String PID = Long.toString(ProcessHandle.current().pid());
    private static final String FAR = "s32frrv" + PID;
    private static final String GUEST = "s32frrg" + PID;
    private static final String FAR_GUEST = "s32frrf" + PID;
    private static final String MAC = "02:00:00:00:00:01";
    private static final String FAR_MAC = "02:00:00:00:00:02";
    private static final String PORT = "ports: [{device: g0, mac: \"" + MAC + "\", addresses: [192.0.2.1]}]";

    @TempDir
    Path folder;

    private @Nullable Process frr;
    private @Nullable RouteAgent agent;

    @BeforeEach
    void fabric() throws IOException {
        Requirement.program("vtysh", "frr");
        Command.run("sh", "-ec", """
                for ns in %1$s %2$s %3$s; do ip netns add $ns; ip -n $ns link set lo up; done
                ip link add u0 type veth peer name u1 netns %1$s
                ip addr add 10.0.0.11/24 dev u0; ip link set u0 up; ip link set lo up
                ip link add g0 type veth peer name g1 netns %2$s address %4$s; ip link set g0 addrgenmode none
                ip netns exec %2$s sh -ec 'ip addr add 192.0.2.1/24 dev g1; ip link set g1 mtu 1450 up'
                ip netns exec %1$s sh -ec '
                  ip addr add 10.0.0.12/24 dev u1; ip link set u1 up
                  ip link add br100 type bridge
                  ip link add vxlan100 type vxlan id 100 local 10.0.0.12 dstport 4789 nolearning
                  ip link set vxlan100 master br100 addrgenmode none
                  ip link set vxlan100 type bridge_slave neigh_suppress on learning off
                  ip link add f0 type veth peer name f1 netns %3$s address %5$s; ip link set f0 master br100
                  for device in br100 vxlan100 f0; do ip link set $device up; done'
                ip netns exec %3$s sh -ec 'ip addr add 192.0.2.2/24 dev f1; ip link set f1 mtu 1450 up'
                """.formatted(FAR, GUEST, FAR_GUEST, MAC, FAR_MAC));
        Path config = Files.writeString(folder.resolve("bgpd.conf"), """
                frr defaults datacenter
                router bgp 65000
                 bgp router-id 10.0.0.12
                 no bgp default ipv4-unicast
                 neighbor 10.0.0.11 remote-as 65000
                 neighbor 10.0.0.11 timers connect 1
                 address-family l2vpn evpn
                  neighbor 10.0.0.11 activate
                  advertise-all-vni
                 exit-address-family
                """);
        String both = """
                chmod a+x %1$s; chown frr %1$s
                /usr/lib/frr/zebra -z %1$s/zserv -i %1$s/zebra.pid --vty_socket %1$s -P 0 --log stdout &
                exec /usr/lib/frr/bgpd -S -z %1$s/zserv -f %2$s -i %1$s/pid --vty_socket %1$s -l 10.0.0.12 -P 0 --log stdout
                """.formatted(folder, config);
        frr = new ProcessBuilder("ip", "netns", "exec", FAR, "sh", "-c", both)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("frr.log").toFile())
                .start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (agent != null) {
            agent.close();
        }
        if (frr != null) {
            frr.descendants().forEach(ProcessHandle::destroyForcibly);
            frr.destroyForcibly().waitFor();
        }
        List.of(FAR, GUEST, FAR_GUEST).forEach(namespace -> Command.tryRun("ip", "netns", "del", namespace));
    }

    @Test
    void guestsOfBothReachEachOtherAndBothKnowWhereTheyAre() throws Exception {
        agent = new RouteAgent(config(PORT), "test");
        agent.start();
        await("our MAC at FRR", () -> vtysh("show evpn mac vni all").contains(MAC));
        assertThat(vtysh("show evpn mac vni all")).containsPattern(MAC + "\\s+remote\\s+10.0.0.11");
        await("the guests to reach each other", () -> pings(GUEST, "192.0.2.2") && pings(FAR_GUEST, "192.0.2.1"));
        await(
                "FRR's MAC here",
                () -> Command.run("bridge", "fdb", "show", "dev", "v32-100").contains(FAR_MAC + " dst 10.0.0.12"));
        assertThat(Command.run("ip", "netns", "exec", FAR, "bridge", "fdb", "show", "dev", "vxlan100"))
                .contains(MAC + " dst 10.0.0.11");
        assertThat(get("/v1/segments")).contains("\"vni\":100", "\"here\":1", "\"remote\":", "\"10.0.0.12\"");
        assertThat(get("/v1/evpn")).contains("10.0.0.12:", "\"learnedFrom\":\"10.0.0.12\"", "\"imported\":true");

        // FRR forgets us with the session (it has no graceful restart for EVPN); of ours nothing is lost
        String before = entries();
        agent.close();
        assertThat(entries()).isEqualTo(before);
        agent = new RouteAgent(config(PORT), "test");
        agent.start();
        await("the guests to reach each other again", () -> pings(GUEST, "192.0.2.2") && pings(FAR_GUEST, "192.0.2.1"));

        agent.reload(config("ports: []"));
        await("our MAC to go at FRR", () -> !vtysh("show evpn mac vni all").contains(MAC));
        await(
                "the port to go",
                () -> !Command.run("ip", "-d", "link", "show", "g0").contains("bridge_slave"));
    }

    private static String entries() {
        return Command.run("bridge", "fdb", "show", "dev", "v32-100");
    }

    private static boolean pings(String namespace, String address) {
        return Command.tryRun("ip", "netns", "exec", namespace, "ping", "-c", "1", "-W", "1", address)
                        .exitCode()
                == 0;
    }

    private String vtysh(String command) {
        return Command.tryRun("vtysh", "--vty_socket", folder.toString(), "-c", command)
                .output();
    }

    private String get(String target) {
        return Agents.get(folder.resolve("agent.sock"), target).replaceAll("\\s*([:,])\\s*", "$1");
    }

    private void await(String what, BooleanSupplier condition) {
        Eventually.holds(
                what,
                condition,
                () -> vtysh("show evpn mac vni all")
                        + vtysh("show bgp l2vpn evpn summary")
                        + get("/v1/segments")
                        + get("/v1/evpn")
                        + Command.run("cat", folder.resolve("frr.log").toString()));
    }

    private AgentConfig config(String ports) {
        return Agents.config("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11}
                peers:
                  - {address: 10.0.0.12, families: [l2vpn-evpn], passive: true}
                metrics: {listen: "127.0.0.1:9932"}
                api: {socket: %1$s/agent.sock}
                stateDirectory: %1$s/state
                segments:
                  - {name: blue, vni: 100, flooding: full, %2$s}
                """.formatted(folder, ports));
    }
}
