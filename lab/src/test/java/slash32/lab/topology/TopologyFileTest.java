package slash32.lab.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.assertj.core.groups.Tuple;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.lab.yaml.Finding;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;

class TopologyFileTest {
    @TempDir
    Path folder;

    @Test
    void resolvesInheritance() throws IOException {
        NodeSpec node = node("a", """
                name: t
                topology:
                  defaults:
                    image: base:1
                    env: {A: defaults, B: defaults}
                    exec: [one, two]
                    binds: ["d:/d", "shared:/x"]
                  kinds:
                    linux:
                      env: {B: kind, C: kind}
                      exec: [two, three]
                      hostname: from-kind
                  groups:
                    g:
                      kind: linux
                      image: group:1
                      env: {C: group, D: group}
                      binds: ["group:/x:ro"]
                  nodes:
                    a:
                      group: g
                      env: {D: node}
                      exec: [one, four]
                """);
        assertThat(Objects.requireNonNull(node.image()).value()).isEqualTo("group:1");
        assertThat(node.hostname()).isEqualTo("from-kind");
        assertThat(node.env()).isEqualTo(Map.of("A", "defaults", "B", "kind", "C", "group", "D", "node"));
        assertThat(node.exec()).extracting(CommandLine::text).containsExactly("one", "two", "three", "four");
        assertThat(node.binds())
                .extracting(bind -> bind.source() + ">" + bind.target() + (bind.readOnly() ? " ro" : ""))
                .containsExactly("d>/d", "group>/x ro");
    }

    @Test
    void aNodeCanBeNull() throws IOException {
        NodeSpec node = node("a", """
                name: t
                topology:
                  defaults: {kind: linux, image: x}
                  nodes:
                    a:
                """);
        assertThat(node.kind()).isEqualTo(Kind.LINUX);
        assertThat(node.hostname()).isEqualTo("a");
        assertThat(node.networkMode().value()).isEqualTo(new NetworkMode.Managed());
    }

    @ParameterizedTest
    @CsvSource({"'',clab-lab-n", "prefix: '\"\"',n", "prefix: __lab-name,lab-n", "prefix: x,x-lab-n"})
    void longNames(String prefix, String expected) throws IOException {
        Topology topology = topology(
                "name: lab\n" + prefix.replace("'", "") + "\ntopology:\n  nodes: {n: {kind: linux, image: x}}\n");
        assertThat(topology.longName("n")).isEqualTo(expected);
        assertThat(topology.labFolder()).isEqualTo(folder.resolve("clab-lab"));
    }

    @Test
    void readsLinks() throws IOException {
        Topology topology = topology("""
                name: t
                topology:
                  defaults: {kind: linux, image: x}
                  nodes:
                    a:
                    b: {network-mode: none}
                    br0|a: {kind: bridge, network-mode: "container:a"}
                  links:
                    - endpoints: ["a:eth1", "b:eth0"]
                    - endpoints: ["br0|a:p1", "b:eth2"]
                      mtu: 1500
                    - type: veth
                      endpoints:
                        - {node: a, interface: eth3, mac: 02-00-00-00-00-01}
                        - {node: b, interface: eth3}
                    - {type: host, host-interface: hosta, endpoint: {node: a, interface: eth4}}
                    - endpoints: ["a:eth5", "mgmt-net:port5"]
                    - {type: dummy, endpoint: {node: a, interface: d0}}
                """);
        assertThat(topology.links())
                .extracting(LinkSpec::a, LinkSpec::b, LinkSpec::mtuBytes)
                .containsExactly(
                        tuple(end("a", "eth1"), end("b", "eth0"), 9500),
                        tuple(end("br0|a", "p1"), end("b", "eth2"), 1500),
                        tuple(
                                new LinkEnd.OfNode(
                                        "a", new InterfaceName("eth3"), MacAddress.parse("02:00:00:00:00:01")),
                                end("b", "eth3"),
                                9500),
                        tuple(end("a", "eth4"), new LinkEnd.OfHost(new InterfaceName("hosta")), 9500),
                        tuple(end("a", "eth5"), new LinkEnd.OfManagement(new InterfaceName("port5")), 9500),
                        tuple(end("a", "d0"), null, 9500));
        NodeSpec bridge = Objects.requireNonNull(topology.nodes().get("br0|a"));
        assertThat(bridge.bridgeName()).isEqualTo("br0");
        assertThat(topology.namespaceOwner(bridge)).isEqualTo(topology.nodes().get("a"));
    }

    private static Tuple tuple(@Nullable Object... values) {
        return Tuple.tuple(values);
    }

    private static LinkEnd end(String node, String device) {
        return new LinkEnd.OfNode(node, new InterfaceName(device), null);
    }

    /// One mistake each: what stands in a line of a node, a link or the root; what is said of it.
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '\0',
            value = {
                "node ~ kind: nokia_srlinux ~ 6:13: error: topology.nodes.n.kind: kind nokia_srlinux runs a vendor's image",
                "node ~ kind: ovs-bridge ~ use kind bridge",
                "node ~ imgae: x ~ 6:7: error: topology.nodes.n.imgae: unknown key, did you mean image?",
                "node ~ startup-config: x ~ 6:7: error: topology.nodes.n.startup-config: is for vendors' images; bind",
                "node ~ components: [] ~ use one node for each",
                "node ~ user: bird ~ setpriv",
                "node ~ network-mode: macvlan ~ 6:21: error: topology.nodes.n.network-mode: must be bridge, none, host or",
                "node ~ network-mode: container:n ~ goes round in a circle",
                "node ~ cmd: sh -c 'x ~ topology.nodes.n.cmd: a ' is not closed",
                "node ~ exec: x ~ 6:13: error: topology.nodes.n.exec: must be a sequence",
                "node ~ exec: [\"a 'b\"] ~ topology.nodes.n.exec: a ' is not closed",
                "node ~ binds: [a] ~ 6:15: error: topology.nodes.n.binds: must be source:/target",
                "node ~ binds: [\"a:/b:shared\"] ~ option shared is not supported",
                "node ~ sysctls: {kernel.panic: 1} ~ topology.nodes.n.sysctls.kernel.panic: belongs to the whole host",
                "node ~ sysctls: {net.ipv4.ip_forward/../../x: 1} ~ belongs to the whole host",
                "node ~ startup-delay: soon ~ must be a whole number from 0 to 86400",
                "node ~ mgmt-ipv4: 10.0.0.1 ~ 10.0.0.1 is not in the subnet 172.20.20.0/24",
                "node ~ healthcheck: {test: [x]} ~ topology.nodes.n.healthcheck.test: must be [CMD",
                "node ~ stages: {create: {wait-for: [{node: m, stage: create}]}} ~ there is no node m",
                "node ~ stages: {create: {wait-for: [{node: n, stage: healthy}]}} ~ waits for itself: n healthy needs n configure needs",
                "node ~ stages: {create: {wait-for: [{node: n, stage: late}]}} ~ must be one of create, create-links",
                "node ~ stages: {create: {exec: [{command: ls}]}} ~ phase: is missing",
                "node ~ stages: {create: {exec: {on-enter: [ls]}}} ~ topology.nodes.n.stages.create.exec: must be a sequence",
                "link ~ endpoints: [\"n:eth1\"] ~ 8:7: error: topology.links[0].endpoints: must be two, were 1",
                "link ~ endpoints: [\"n:eth1\", \"m:eth1\"] ~ there is no node m",
                "link ~ endpoints: [\"n:eth0\", \"host:x\"] ~ eth0 of n is on the management network",
                "link ~ endpoints: [\"n:eth1\", \"n:eth1\"] ~ there are two interfaces eth1 in node n",
                "link ~ endpoints: [\"n:a-name-that-is-too-long\", \"host:x\"] ~ topology.links[0].endpoints: ",
                "link ~ endpoints: [\"n:eth1\", \"macvlan:eno1\"] ~ use host:INTERFACE",
                "link ~ {type: vxlan-stitch, remote: x} ~ 8:14: error: topology.links[0].type: vxlan-stitch leaves the host",
                "link ~ {type: veth-stitch} ~ use type veth",
                "link ~ {type: host, endpoint: {node: n, interface: e}} ~ topology.links[0].host-interface: is missing",
                "root ~ nmae: x ~ 2:1: error: nmae: unknown key, did you mean name?",
                "root ~ mgmt: {ipv4-subnet: auto} ~ auto is not supported; write the subnet",
                "root ~ mgmt: {ipv4-range: 172.20.20.0/25} ~ set mgmt-ipv4 on the nodes",
                "root ~ mgmt: {ipv4-subnet: 10.0.0.0/33} ~ 2:21: error: mgmt.ipv4-subnet: is not a subnet",
                "root ~ name: y ~ 2:1: error: name: is there twice",
                "root ~ a: [ ~ not YAML",
            })
    void names(String where, String line, String expected) throws IOException {
        String yaml = "name: t\n"
                + (where.equals("root") ? line : "# ") + "\n"
                + "topology:\n  nodes:\n    n:\n      "
                + (where.equals("node") ? line : "# ") + "\n"
                + (line.startsWith("kind:") ? "" : "      kind: linux\n")
                + "      image: x\n";
        if (where.equals("link")) {
            yaml = "name: t\ntopology:\n  nodes:\n    n:\n      kind: linux\n      image: x\n  links:\n    - " + line
                    + "\n";
        }
        TopologyFile file = read(yaml);
        assertThat(file.topology()).isNull();
        assertThat(file.findings())
                .filteredOn(Finding::isError)
                .singleElement()
                .asString()
                .contains(expected);
    }

    @Test
    void warnsOfWhatHasNoEffect() throws IOException {
        TopologyFile file = read("""
                name: t
                topology:
                  nodes:
                    n: {kind: linux, image: x, cpu: 1.5, ports: ["1:2"], cap-add: [NET_ADMIN], privileged: true}
                  links:
                    - endpoints: ["n:eth1", "host:h1"]
                      ipv4: ["10.0.0.1/24", ""]
                """);
        assertThat(file.topology()).isNotNull();
        assertThat(file.findings())
                .extracting(Finding::key)
                .containsExactly("topology.nodes.n.cpu", "topology.nodes.n.ports", "topology.links[0].ipv4");
    }

    @Test
    void refusesWhatIsNoTopologyFile() throws IOException {
        Path template = Files.writeString(folder.resolve("x.clab.gotmpl"), "name: {{ .x }}");
        assertThat(TopologyFile.read(template, Map.of()).findings())
                .singleElement()
                .asString()
                .contains("Go template");
        assertThat(read("").findings()).singleElement().asString().contains("the file is empty");
        assertThat(read("# only this\n").topology()).isNull();
        assertThat(TopologyFile.read(folder, Map.of()).findings())
                .singleElement()
                .asString()
                .contains(":1:1: error: can't be read: Is a directory");
        assertThat(TopologyFile.read(folder.resolve("nosuch.clab.yml"), Map.of())
                        .findings())
                .singleElement()
                .asString()
                .endsWith("nosuch.clab.yml:1:1: error: there is no such file");
    }

    private TopologyFile read(String yaml) throws IOException {
        return TopologyFile.read(Files.writeString(folder.resolve("t.clab.yml"), yaml), Map.of());
    }

    private Topology topology(String yaml) throws IOException {
        TopologyFile file = read(yaml);
        assertThat(file.findings()).filteredOn(Finding::isError).isEmpty();
        return Objects.requireNonNull(file.topology());
    }

    private NodeSpec node(String name, String yaml) throws IOException {
        return Objects.requireNonNull(topology(yaml).nodes().get(name));
    }
}
