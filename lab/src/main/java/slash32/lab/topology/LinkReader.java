package slash32.lab.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.Spelling;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;
import slash32.lab.yaml.YamlMapping;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;

/// Reads `topology.links`: upstream's brief form, and of its extended forms veth, host, mgmt-net and dummy.
final class LinkReader {
    private static final int MTU_BYTES_MIN = 68;
    private static final int MTU_BYTES_MAX = 65_535;
    private static final String STITCH = "needs tc on the host; use type veth";

    private final Map<String, NodeSettings> nodes;
    private final List<LinkSpec> links = new ArrayList<>();

    /// @param nodes every node by name
    LinkReader(Map<String, NodeSettings> nodes) {
        this.nodes = nodes;
    }

    List<LinkSpec> links() {
        return links;
    }

    void read(YamlMapping mapping) {
        Place place = mapping.place();
        Located<String> type = mapping.text("type");
        int mtuBytes = mapping.integer("mtu", MTU_BYTES_MIN, MTU_BYTES_MAX, LinkSpec.DEFAULT_MTU_BYTES);
        mapping.skip("vars");
        mapping.skip("labels");
        mapping.ignore("ipv4", "kind linux takes addresses from exec only, upstream too");
        mapping.ignore("ipv6", "kind linux takes addresses from exec only, upstream too");
        List<LinkEnd> ends = switch (type == null ? "" : type.value()) {
            case "" -> brief(mapping);
            case "veth" -> veth(mapping);
            case "host" -> oneEnded(mapping, true);
            case "mgmt-net" -> oneEnded(mapping, false);
            case "dummy" -> dummy(mapping);
            default -> refused(mapping, type);
        };
        mapping.end();
        if (!ends.isEmpty()) {
            LinkEnd b = ends.size() == 2 ? ends.getLast() : null;
            links.add(new LinkSpec(ends.getFirst(), b, mtuBytes, place, mapping.path()));
        }
    }

    private static List<LinkEnd> refused(YamlMapping mapping, @Nullable Located<String> type) {
        for (String key : Set.copyOf(mapping.keys())) {
            mapping.skip(key);
        }
        if (type != null) {
            String why = switch (type.value()) {
                case "veth-stitch" -> STITCH;
                case "vxlan", "vxlan-stitch" ->
                    "leaves the host; put both ends in nodes of this lab and make the VXLAN device in exec";
                case "macvlan" -> "borrows an interface of the host; use type host with a veth";
                default -> "is no link type; there are veth, host, mgmt-net and dummy";
            };
            mapping.error(type.place(), "type", type.value() + " " + why);
        }
        return List.of();
    }

    private List<LinkEnd> brief(YamlMapping mapping) {
        var ends = new ArrayList<LinkEnd>();
        List<Located<String>> texts = mapping.texts("endpoints");
        for (Located<String> text : texts) {
            LinkEnd end = briefEnd(mapping, text);
            if (end != null) {
                ends.add(end);
            }
        }
        return complete(mapping, ends, texts.size());
    }

    private static List<LinkEnd> complete(YamlMapping mapping, List<LinkEnd> ends, int written) {
        if (written != 2) {
            mapping.error(mapping.place(), "endpoints", "must be two, were " + written);
        }
        return ends.size() == 2 ? ends : List.of();
    }

    private @Nullable LinkEnd briefEnd(YamlMapping mapping, Located<String> text) {
        int colon = text.value().lastIndexOf(':');
        if (colon <= 0) {
            mapping.error(text.place(), "endpoints", "must be node:interface, was '" + text.value() + "'");
            return null;
        }
        String node = text.value().substring(0, colon);
        InterfaceName device = device(mapping, "endpoints", text.value().substring(colon + 1), text.place());
        if (device == null) {
            return null;
        }
        return switch (node) {
            case "host" -> new LinkEnd.OfHost(device);
            case "mgmt-net" -> new LinkEnd.OfManagement(device);
            case "macvlan" -> {
                mapping.error(
                        text.place(), "endpoints", "macvlan borrows an interface of the host; use host:INTERFACE");
                yield null;
            }
            default -> ofNode(mapping, "endpoints", new Located<>(node, text.place()), device, null);
        };
    }

    private List<LinkEnd> veth(YamlMapping mapping) {
        var ends = new ArrayList<LinkEnd>();
        List<YamlMapping> written = mapping.mappings("endpoints");
        for (YamlMapping item : written) {
            LinkEnd end = extendedEnd(item);
            if (end != null) {
                ends.add(end);
            }
        }
        return complete(mapping, ends, written.size());
    }

    private @Nullable LinkEnd extendedEnd(YamlMapping mapping) {
        Located<String> node = mapping.text("node");
        Located<String> device = mapping.text("interface");
        Located<MacAddress> mac = mapping.value("mac", text -> MacAddress.parse(text.replace('-', ':')));
        mapping.skip("vars");
        mapping.ignore("ipv4", "kind linux takes addresses from exec only, upstream too");
        mapping.ignore("ipv6", "kind linux takes addresses from exec only, upstream too");
        mapping.end();
        if (node == null || device == null) {
            mapping.error(mapping.place(), node == null ? "node" : "interface", "is missing");
            return null;
        }
        InterfaceName name = device(mapping, "interface", device.value(), device.place());
        return name == null ? null : ofNode(mapping, "node", node, name, mac == null ? null : mac.value());
    }

    private List<LinkEnd> oneEnded(YamlMapping mapping, boolean onHost) {
        Located<String> outside = mapping.text("host-interface");
        LinkEnd inside = endpoint(mapping);
        if (outside == null) {
            mapping.error(mapping.place(), "host-interface", "is missing");
            return List.of();
        }
        InterfaceName device = device(mapping, "host-interface", outside.value(), outside.place());
        if (inside == null || device == null) {
            return List.of();
        }
        return List.of(inside, onHost ? new LinkEnd.OfHost(device) : new LinkEnd.OfManagement(device));
    }

    private List<LinkEnd> dummy(YamlMapping mapping) {
        LinkEnd end = endpoint(mapping);
        return end == null ? List.of() : List.of(end);
    }

    private @Nullable LinkEnd endpoint(YamlMapping mapping) {
        YamlMapping endpoint = mapping.mapping("endpoint");
        if (endpoint == null) {
            mapping.error(mapping.place(), "endpoint", "is missing");
            return null;
        }
        return extendedEnd(endpoint);
    }

    private @Nullable LinkEnd ofNode(
            YamlMapping mapping, String key, Located<String> node, InterfaceName device, @Nullable MacAddress mac) {
        NodeSettings settings = nodes.get(node.value());
        if (settings == null) {
            String near = Spelling.nearest(node.value(), List.copyOf(nodes.keySet()));
            mapping.error(
                    node.place(),
                    key,
                    "there is no node " + node.value() + (near == null ? "" : "; did you mean " + near + "?"));
            return null;
        }
        boolean owned = settings.networkMode() != null && settings.networkMode().value() instanceof NetworkMode.None;
        boolean linux = settings.kind() != null && settings.kind().value() == Kind.LINUX;
        if (linux && !owned && device.value().equals("eth0")) {
            mapping.error(
                    node.place(),
                    key,
                    "eth0 of " + node.value() + " is on the management network; use another interface, or network-mode:"
                            + " none");
            return null;
        }
        return new LinkEnd.OfNode(node.value(), device, mac);
    }

    private static @Nullable InterfaceName device(YamlMapping mapping, String key, String text, Place place) {
        try {
            return new InterfaceName(text);
        } catch (IllegalArgumentException e) {
            mapping.error(place, key, String.valueOf(e.getMessage()));
            return null;
        }
    }
}
