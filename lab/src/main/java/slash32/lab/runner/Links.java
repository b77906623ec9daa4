package slash32.lab.runner;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.lab.topology.Kind;
import slash32.lab.topology.LinkEnd;
import slash32.lab.topology.LinkSpec;
import slash32.lab.topology.NetworkMode;
import slash32.lab.topology.NodeSpec;
import slash32.lab.topology.Topology;

/// Makes a node's links when the first of their nodes is ready for them, as upstream: from then on the interface is
/// there for both. Any thread; guarded by itself.
final class Links {
    private final Topology topology;
    private final LabState state;
    private final Set<LinkSpec> made = new HashSet<>();

    Links(Topology topology, LabState state) {
        this.topology = topology;
        this.state = state;
    }

    /// Makes the links of {@code node} that aren't there yet.
    synchronized void ready(String node) throws IOException {
        for (LinkSpec link : topology.links()) {
            if ((isAt(link.a(), node) || isAt(link.b(), node)) && made.add(link)) {
                make(link);
            }
        }
    }

    private static boolean isAt(@Nullable LinkEnd end, String node) {
        return end instanceof LinkEnd.OfNode(String name, var _, var _) && name.equals(node);
    }

    private void make(LinkSpec link) throws IOException {
        Devices.End a = end(link, link.a());
        if (link.b() == null) {
            if (a.namespace() == null) {
                throw new LabException(link.place() + ": a dummy interface must be in a node's namespace");
            }
            Devices.addDummy(a.namespace(), a.device(), a.mac(), link.mtuBytes());
            return;
        }
        Devices.End b = end(link, link.b());
        Devices.addVeth(a, b, link.mtuBytes());
        connect(link.a(), a);
        connect(link.b(), b);
    }

    private Devices.End end(LinkSpec link, LinkEnd end) throws IOException {
        String device = end.device().value();
        String mac = Devices.mac(topology.name() + " " + link.key() + " " + end);
        String namespace = null;
        if (end instanceof LinkEnd.OfNode(String name, var _, var stated)) {
            NodeSpec node = node(name);
            namespace = namespace(topology, node);
            mac = stated == null ? mac : stated.toString();
            if (namespace != null && topology.namespaceOwner(node) == null) {
                refuseTaken(link, namespace, device);
                state.addOutsideDevice(namespace, device);
            }
        }
        if (namespace == null) {
            refuseTaken(link, null, device);
            state.addHostDevice(device);
        }
        return new Devices.End(namespace, device, mac);
    }

    private static void refuseTaken(LinkSpec link, @Nullable String namespace, String device) throws IOException {
        if (Devices.exists(namespace, device)) {
            throw new LabException(link.place() + ": " + link.key() + ": there is an interface " + device + " in "
                    + (namespace == null ? "the host" : namespace) + " already, and it isn't this lab's");
        }
    }

    private void connect(LinkEnd end, Devices.End made) throws IOException {
        if (made.namespace() == null) {
            HostCommand.run("ip", "link", "set", "dev", made.device(), "alias", ManagementNetwork.ALIAS);
        }
        switch (end) {
            case LinkEnd.OfNode(String name, var _, var _) -> {
                NodeSpec node = node(name);
                if (node.kind() == Kind.BRIDGE) {
                    Devices.setMaster(made.namespace(), made.device(), node.bridgeName());
                }
            }
            case LinkEnd.OfManagement _ ->
                Devices.setMaster(null, made.device(), new ManagementNetwork(topology.management()).bridge());
            case LinkEnd.OfHost _ -> {}
        }
    }

    private NodeSpec node(String name) throws LabException {
        NodeSpec node = topology.nodes().get(name);
        if (node == null) {
            throw new LabException("there is no node " + name);
        }
        return node;
    }

    /// Where the interfaces of a node are: a name in `ip netns`; null for the host.
    static @Nullable String namespace(Topology topology, NodeSpec node) {
        NodeSpec owner = topology.namespaceOwner(node);
        if (owner != null) {
            return topology.longName(owner.name());
        }
        return node.networkMode().value() instanceof NetworkMode.Shared(String name) ? name : null;
    }
}
