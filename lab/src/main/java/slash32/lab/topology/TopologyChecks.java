package slash32.lab.topology;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.Spelling;
import slash32.lab.yaml.Findings;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// What must hold between the nodes and links of one topology.
final class TopologyChecks {
    private final Topology topology;
    private final Findings findings;

    TopologyChecks(Topology topology, Findings findings) {
        this.topology = topology;
        this.findings = findings;
    }

    void run() {
        topology.nodes().values().forEach(node -> {
            checkNetworkMode(node);
            checkWaits(node);
        });
        checkManagementAddresses();
        checkInterfaces();
        StageOrder.check(topology.nodes(), findings);
    }

    private void checkNetworkMode(NodeSpec node) {
        Place place = node.networkMode().place();
        String key = node.key() + ".network-mode";
        if (node.kind() == Kind.BRIDGE) {
            checkBridge(node);
        }
        if (node.networkMode().value() instanceof NetworkMode.Shared(String other)) {
            NodeSpec owner = topology.nodes().get(other);
            var seen = new HashSet<String>();
            while (owner != null && owner.networkMode().value() instanceof NetworkMode.Shared(String next)) {
                if (!seen.add(owner.name())) {
                    findings.error(place, key, "goes round in a circle");
                    return;
                }
                owner = topology.nodes().get(next);
            }
            if (owner != null && topology.namespaceOwner(owner) == null) {
                findings.error(place, key, owner.name() + " has no namespace of its own");
            }
        }
    }

    private void checkBridge(NodeSpec node) {
        try {
            new InterfaceName(node.bridgeName());
        } catch (IllegalArgumentException e) {
            findings.error(node.place(), node.key(), "a bridge's name is an interface's: " + e.getMessage());
        }
        if (node.networkMode().value() instanceof NetworkMode.Managed
                || node.networkMode().value() instanceof NetworkMode.None) {
            findings.error(
                    node.networkMode().place(),
                    node.key() + ".network-mode",
                    "a bridge is in the host's namespace, or in a node's: write container:NODE, or leave it out");
        }
    }

    private void checkWaits(NodeSpec node) {
        node.stages().forEach((stage, value) -> {
            for (Stage.WaitFor wait : value.waitFor()) {
                if (!topology.nodes().containsKey(wait.node())) {
                    String near = Spelling.nearest(
                            wait.node(), topology.nodes().keySet().stream().toList());
                    findings.error(
                            wait.place(),
                            node.key() + ".stages." + stage + ".wait-for",
                            "there is no node " + wait.node() + (near == null ? "" : "; did you mean " + near + "?"));
                }
            }
        });
    }

    private void checkManagementAddresses() {
        var taken = new HashMap<IpAddress, String>();
        for (NodeSpec node : topology.nodes().values()) {
            check(
                    node,
                    "mgmt-ipv4",
                    node.managementIpv4(),
                    topology.management().ipv4Subnet(),
                    taken);
            check(
                    node,
                    "mgmt-ipv6",
                    node.managementIpv6(),
                    topology.management().ipv6Subnet(),
                    taken);
        }
    }

    private void check(
            NodeSpec node,
            String key,
            @Nullable Located<IpAddress> address,
            Prefix subnet,
            Map<IpAddress, String> taken) {
        if (address == null) {
            return;
        }
        if (!subnet.contains(address.value())) {
            findings.error(
                    address.place(), node.key() + "." + key, address.value() + " is not in the subnet " + subnet);
        }
        String other = taken.putIfAbsent(address.value(), node.name());
        if (other != null) {
            findings.error(
                    address.place(), node.key() + "." + key, address.value() + " is the address of " + other + " too");
        }
    }

    private void checkInterfaces() {
        Set<String> taken = new HashSet<>();
        for (LinkSpec link : topology.links()) {
            if (!(link.a() instanceof LinkEnd.OfNode) && !(link.b() instanceof LinkEnd.OfNode)) {
                findings.error(link.place(), link.key(), "has no end in a node of this lab");
            }
            checkEnd(link, link.a(), taken);
            if (link.b() != null) {
                checkEnd(link, link.b(), taken);
            }
        }
    }

    private void checkEnd(LinkSpec link, LinkEnd end, Set<String> taken) {
        String where = "the host";
        if (end instanceof LinkEnd.OfNode(String name, var _, var _)) {
            NodeSpec node = topology.nodes().get(name);
            if (node == null) {
                return;
            }
            NodeSpec owner = topology.namespaceOwner(node);
            if (owner != null) {
                where = "node " + owner.name();
            } else if (node.networkMode().value() instanceof NetworkMode.Shared(String outside)) {
                where = "namespace " + outside;
            } else if (node.kind() != Kind.BRIDGE) {
                findings.error(
                        link.place(),
                        link.key(),
                        name + " has no namespace of its own; write host:" + end.device() + " for the host's");
                return;
            }
        }
        if (!taken.add(where + " " + end.device())) {
            findings.error(link.place(), link.key(), "there are two interfaces " + end.device() + " in " + where);
        }
    }
}
