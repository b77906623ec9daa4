package slash32.agent.status;

import java.util.ArrayList;
import java.util.List;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// The network between hypervisors, as this node knows it.
///
/// @param address this node's
/// @param nodes the others, in order of their underlay addresses
/// @param problems for people: addresses that several have, or that are elsewhere
public record AdminView(Ipv4Address address, Prefix network, List<Node> nodes, List<String> problems) {
    /// Another node.
    ///
    /// @param address in the network
    /// @param node its underlay address
    /// @param crosses it is in another site
    public record Node(Ipv4Address address, Ipv4Address node, boolean crosses) {}

    public AdminView {
        nodes = List.copyOf(nodes);
        problems = List.copyOf(problems);
    }

    /// The same with one problem more, before the others.
    public AdminView with(String problem) {
        var all = new ArrayList<>(List.of(problem));
        all.addAll(problems);
        return new AdminView(address, network, nodes, all);
    }
}
