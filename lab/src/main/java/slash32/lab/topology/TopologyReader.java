package slash32.lab.topology;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Findings;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;
import slash32.lab.yaml.YamlMapping;

/// Reads a topology's root: layers to nodes, links, and what holds between them.
final class TopologyReader {
    private static final Pattern NODE_NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9-._|]*");
    private static final Pattern LAB_NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9-._]*");
    private static final Pattern SYSCTL =
            Pattern.compile("(net\\.|kernel\\.(msg|sem|shm)|fs\\.mqueue\\.)[a-zA-Z0-9_.-]*");

    private final Path file;
    private final YamlMapping root;
    private final Findings findings;

    TopologyReader(Path file, YamlMapping root, Findings findings) {
        this.file = file;
        this.root = root;
        this.findings = findings;
    }

    /// Null if nothing can be made of it; errors are noted either way.
    @Nullable
    Topology read() {
        if (!root.has("name")) {
            root.error(root.place(), "name", "is missing");
        }
        Located<String> name = root.value("name", TopologyReader::labName);
        Located<String> prefix =
                root.value("prefix", text -> text.isEmpty() || text.equals("__lab-name") ? text : labName(text));
        YamlMapping mgmt = root.mapping("mgmt");
        ManagementSpec management = mgmt == null ? ManagementSpec.DEFAULT : ManagementSpec.read(mgmt);
        root.ignore("settings", "no certificates are made");
        root.ignore("debug", "nothing here is debugged by it");
        YamlMapping topology = root.mapping("topology");
        root.end();
        if (topology == null) {
            root.error(root.place(), "topology", "is missing");
            return null;
        }
        return name == null ? null : read(name.value(), prefix == null ? null : prefix.value(), management, topology);
    }

    private static String labName(String text) {
        if (!LAB_NAME.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "must be letters, digits and - . _ after a letter or digit, was '" + text + "'");
        }
        return text;
    }

    private @Nullable Topology read(
            String name, @Nullable String prefix, ManagementSpec management, YamlMapping mapping) {
        YamlMapping defaultsMapping = mapping.mapping("defaults");
        NodeSettings defaults = defaultsMapping == null ? NodeSettings.EMPTY : NodeSettings.read(defaultsMapping);
        Map<String, NodeSettings> kinds = layers(mapping, "kinds");
        Map<String, NodeSettings> groups = layers(mapping, "groups");
        var places = new HashMap<String, Place>();
        var settings = new LinkedHashMap<String, NodeSettings>();
        YamlMapping all = mapping.mapping("nodes");
        if (all == null) {
            findings.error(mapping.place(), "topology.nodes", "is missing");
            return null;
        }
        for (String node : all.keys()) {
            places.put(node, all.placeOf(node));
            if (!NODE_NAME.matcher(node).matches()) {
                findings.error(all.placeOf(node), "topology.nodes." + node, "is not a node's name");
            }
            YamlMapping own = all.mapping(node);
            settings.put(
                    node,
                    inherited(own == null ? NodeSettings.EMPTY : NodeSettings.read(own), defaults, kinds, groups));
        }
        var links = new LinkReader(settings);
        mapping.mappings("links").forEach(links::read);
        mapping.end();
        var nodes = new LinkedHashMap<String, NodeSpec>();
        settings.forEach((node, value) -> {
            NodeSpec spec = node(node, placeOf(places, node), value, name);
            if (spec != null) {
                nodes.put(node, spec);
            }
        });
        var topology = new Topology(file, name, prefix, management, nodes, links.links());
        new TopologyChecks(topology, findings).run();
        return topology;
    }

    private Place placeOf(Map<String, Place> places, String node) {
        return places.getOrDefault(node, root.place());
    }

    private static Map<String, NodeSettings> layers(YamlMapping mapping, String key) {
        var layers = new HashMap<String, NodeSettings>();
        YamlMapping all = mapping.mapping(key);
        if (all != null) {
            for (String name : all.keys()) {
                YamlMapping layer = all.mapping(name);
                layers.put(name, layer == null ? NodeSettings.EMPTY : NodeSettings.read(layer));
            }
        }
        return layers;
    }

    /// Node over group over kind over defaults. The kind may come from the group or the defaults, the group from the
    /// kind or the defaults.
    private NodeSettings inherited(
            NodeSettings own,
            NodeSettings defaults,
            Map<String, NodeSettings> kinds,
            Map<String, NodeSettings> groups) {
        NodeSettings group = layer(own.group() == null ? defaults.group() : own.group(), groups);
        Located<Kind> kindName =
                own.kind() != null ? own.kind() : group.kind() != null ? group.kind() : defaults.kind();
        NodeSettings kind = kindName == null
                ? NodeSettings.EMPTY
                : kinds.getOrDefault(kindName.value().toString(), NodeSettings.EMPTY);
        if (own.group() == null && kind.group() != null) {
            group = layer(kind.group(), groups);
        }
        return defaults.under(kind).under(group).under(own);
    }

    /// A group without settings only sets a label, so it needs no entry.
    private static NodeSettings layer(@Nullable Located<String> name, Map<String, NodeSettings> layers) {
        return name == null ? NodeSettings.EMPTY : layers.getOrDefault(name.value(), NodeSettings.EMPTY);
    }

    private @Nullable NodeSpec node(String name, Place place, NodeSettings settings, String lab) {
        String key = "topology.nodes." + name;
        Located<Kind> kind = settings.kind();
        if (kind == null) {
            if (!findings.hasErrors()) {
                findings.error(place, key + ".kind", "is missing; write kind: linux");
            }
            return null;
        }
        if (kind.value() == Kind.LINUX && settings.image() == null) {
            findings.error(place, key + ".image", "is missing; native.yml says which images run which host programs");
        }
        Located<NetworkMode> mode = settings.networkMode() != null
                ? settings.networkMode()
                : new Located<>(kind.value() == Kind.LINUX ? new NetworkMode.Managed() : new NetworkMode.Host(), place);
        return new NodeSpec(
                name,
                place,
                kind.value(),
                mode,
                settings.image(),
                settings.entrypoint() == null ? null : settings.entrypoint().value(),
                settings.cmd() == null ? null : settings.cmd().value(),
                settings.hostname() == null ? name : settings.hostname().value(),
                commands(settings.exec(), key),
                binds(settings.binds(), key, name, lab),
                settings.envFiles(),
                settings.env(),
                settings.labels(),
                sysctls(settings.sysctls(), key),
                settings.tmpfs(),
                settings.stages(),
                settings.healthcheck(),
                settings.startupDelaySeconds(),
                settings.managementIpv4(),
                settings.managementIpv6());
    }

    private List<CommandLine> commands(List<Located<String>> texts, String key) {
        var commands = new ArrayList<CommandLine>();
        for (Located<String> text : texts) {
            try {
                commands.add(CommandLine.parse(text.value()).at(text.place()));
            } catch (IllegalArgumentException e) {
                findings.error(text.place(), key + ".exec", String.valueOf(e.getMessage()));
            }
        }
        return commands;
    }

    /// The most specific bind of each target, with upstream's magic variables replaced.
    private List<Bind> binds(List<Located<String>> texts, String key, String node, String lab) {
        String labFolder = file.resolveSibling("clab-" + lab).toString();
        var byTarget = new LinkedHashMap<String, Bind>();
        for (Located<String> text : texts) {
            String expanded = text.value()
                    .replace("__clabNodeDir__", labFolder + "/" + node)
                    .replace("__clabDir__", labFolder)
                    .replace("__clabNodeName__", node)
                    .replace("__clabLabName__", lab);
            try {
                Bind bind = Bind.parse(expanded, text.place());
                byTarget.put(bind.target(), bind);
            } catch (IllegalArgumentException e) {
                findings.error(text.place(), key + ".binds", String.valueOf(e.getMessage()));
            }
        }
        return List.copyOf(byTarget.values());
    }

    private Map<String, String> sysctls(Map<String, Located<String>> all, String key) {
        var sysctls = new LinkedHashMap<String, String>();
        all.forEach((name, value) -> {
            if (SYSCTL.matcher(name).matches() && !name.contains("..")) {
                sysctls.put(name, value.value());
            } else {
                findings.error(
                        value.place(),
                        key + ".sysctls." + name,
                        "belongs to the whole host; only net.* and the System V and message queue ones are a node's");
            }
        });
        return sysctls;
    }
}
