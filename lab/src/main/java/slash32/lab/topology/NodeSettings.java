package slash32.lab.topology;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.YamlMapping;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// What one layer says of a node: `defaults`, one of `kinds`, one of `groups`, or the node itself.
///
/// A component is null or empty where the layer says nothing.
record NodeSettings(
        @Nullable Located<Kind> kind,
        @Nullable Located<String> group,
        @Nullable Located<String> image,
        @Nullable Located<CommandLine> entrypoint,
        @Nullable Located<CommandLine> cmd,
        @Nullable Located<String> hostname,
        @Nullable Located<NetworkMode> networkMode,
        @Nullable Located<IpAddress> managementIpv4,
        @Nullable Located<IpAddress> managementIpv6,
        @Nullable Healthcheck healthcheck,
        int startupDelaySeconds,
        List<Located<String>> exec,
        List<Located<String>> binds,
        List<Located<String>> envFiles,
        Map<String, String> env,
        Map<String, String> labels,
        Map<String, Located<String>> sysctls,
        Map<String, String> tmpfs,
        Map<StageName, Stage> stages) {

    static final NodeSettings EMPTY = new NodeSettings(
            null, null, null, null, null, null, null, null, null, null, 0, List.of(), List.of(), List.of(), Map.of(),
            Map.of(), Map.of(), Map.of(), Map.of());
    private static final int DELAY_SECONDS_MAX = 86_400;

    /// Keys with no effect here, and why.
    private static final Map<String, String> IGNORED = Map.ofEntries(
            Map.entry("ports", "a namespace's ports are reached from the host by its management address"),
            Map.entry("cpu", "nodes share the host's CPUs"),
            Map.entry("cpu-set", "nodes share the host's CPUs"),
            Map.entry("memory", "nodes share the host's memory"),
            Map.entry("shm-size", "nodes share the host's memory"),
            Map.entry("cgroupns-mode", "there are no control groups"),
            Map.entry("cgroup-parent", "there are no control groups"),
            Map.entry("restart-policy", "a command that ended is started again by `slash32 lab up`"),
            Map.entry("auto-remove", "nodes go with `slash32 lab down`"),
            Map.entry("image-pull-policy", "there is nothing to pull: images are mapped to host programs"),
            Map.entry("runtime", "there is no container runtime"),
            Map.entry("security-opts", "there is no container runtime"),
            Map.entry("dns", "nodes use the host's resolv.conf"),
            Map.entry("aliases", "there is no name server; nodes find each other in /etc/hosts"),
            Map.entry("certificate", "no certificates are made"),
            Map.entry("license", "no image here needs one"),
            Map.entry("type", "no kind here has types"),
            Map.entry("link-apply-mode", "links don't change in a running lab"));

    /// Keys that change what a node is, which we can't do.
    private static final Map<String, String> REFUSED = Map.of(
            "startup-config", "is for vendors' images; bind the configuration file where the program reads it",
            "enforce-startup-config", "is for vendors' images; leave it out",
            "suppress-startup-config", "is for vendors' images; leave it out",
            "components", "is for chassis images; use one node for each",
            "credentials", "is for vendors' images; leave it out",
            "config", "is for Containerlab's config engine; use exec",
            "extras", "is for vendors' images; use binds and exec",
            "user", "commands run as root here; use setpriv or runuser in cmd",
            "volumes", "there is no container engine to keep volumes; use binds",
            "pid-mode", "every node has its own process ids; leave it out");

    NodeSettings {
        exec = List.copyOf(exec);
        binds = List.copyOf(binds);
        envFiles = List.copyOf(envFiles);
    }

    /// Reads one layer.
    static NodeSettings read(YamlMapping mapping) {
        var settings = new NodeSettings(
                mapping.value("kind", Kind::parse),
                mapping.text("group"),
                mapping.text("image"),
                mapping.value("entrypoint", CommandLine::parse),
                mapping.value("cmd", CommandLine::parse),
                mapping.text("hostname"),
                mapping.value("network-mode", NetworkMode::parse),
                mapping.value("mgmt-ipv4", Ipv4Address::parse),
                mapping.value("mgmt-ipv6", Ipv6Address::parse),
                healthcheck(mapping),
                mapping.integer("startup-delay", 0, DELAY_SECONDS_MAX, 0),
                mapping.texts("exec"),
                mapping.texts("binds"),
                mapping.texts("env-files"),
                values(mapping.textMap("env")),
                values(mapping.textMap("labels")),
                mapping.textMap("sysctls"),
                values(mapping.textMap("tmpfs")),
                stages(mapping));
        // A node has all capabilities of its namespaces, and the host's devices.
        List.of("cap-add", "privileged", "devices").forEach(mapping::skip);
        IGNORED.forEach(mapping::ignore);
        REFUSED.forEach(mapping::refuse);
        mapping.end();
        return settings;
    }

    private static @Nullable Healthcheck healthcheck(YamlMapping mapping) {
        YamlMapping value = mapping.mapping("healthcheck");
        return value == null ? null : Healthcheck.read(value);
    }

    private static Map<StageName, Stage> stages(YamlMapping mapping) {
        var stages = new EnumMap<StageName, Stage>(StageName.class);
        YamlMapping all = mapping.mapping("stages");
        if (all != null) {
            for (StageName name : StageName.values()) {
                YamlMapping stage = all.mapping(name.toString());
                if (stage != null) {
                    stages.put(name, Stage.read(stage));
                }
            }
            all.end();
        }
        return stages;
    }

    private static Map<String, String> values(Map<String, Located<String>> located) {
        var values = new LinkedHashMap<String, String>();
        located.forEach((key, value) -> values.put(key, value.value()));
        return values;
    }

    /// This layer with a more specific one over it: scalars give way, mappings are merged, sequences are joined without
    /// what is there already.
    NodeSettings under(NodeSettings specific) {
        return new NodeSettings(
                either(specific.kind, kind),
                either(specific.group, group),
                either(specific.image, image),
                either(specific.entrypoint, entrypoint),
                either(specific.cmd, cmd),
                either(specific.hostname, hostname),
                either(specific.networkMode, networkMode),
                either(specific.managementIpv4, managementIpv4),
                either(specific.managementIpv6, managementIpv6),
                either(specific.healthcheck, healthcheck),
                specific.startupDelaySeconds == 0 ? startupDelaySeconds : specific.startupDelaySeconds,
                joined(exec, specific.exec),
                joined(binds, specific.binds),
                joined(envFiles, specific.envFiles),
                merged(env, specific.env),
                merged(labels, specific.labels),
                merged(sysctls, specific.sysctls),
                merged(tmpfs, specific.tmpfs),
                stages(specific.stages));
    }

    private static <T> @Nullable T either(@Nullable T specific, @Nullable T general) {
        return specific == null ? general : specific;
    }

    private static List<Located<String>> joined(List<Located<String>> general, List<Located<String>> specific) {
        var seen = new LinkedHashSet<String>();
        var joined = new ArrayList<Located<String>>();
        for (var items : List.of(general, specific)) {
            for (Located<String> item : items) {
                if (seen.add(item.value())) {
                    joined.add(item);
                }
            }
        }
        return joined;
    }

    private static <V> Map<String, V> merged(Map<String, V> general, Map<String, V> specific) {
        var merged = new LinkedHashMap<>(general);
        merged.putAll(specific);
        return merged;
    }

    private Map<StageName, Stage> stages(Map<StageName, Stage> specific) {
        var merged = new EnumMap<StageName, Stage>(StageName.class);
        merged.putAll(stages);
        specific.forEach((name, stage) -> merged.merge(name, stage, Stage::and));
        return merged;
    }
}
