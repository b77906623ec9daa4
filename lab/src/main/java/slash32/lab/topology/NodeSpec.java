package slash32.lab.topology;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;
import slash32.net.IpAddress;

/// A node with everything that it inherits.
///
/// @param image null for a node that runs nothing by itself (bridge, host)
/// @param entrypoint null for the image's
/// @param cmd null for the image's
/// @param exec in order, after the links
/// @param binds at most one for a target
/// @param labels also in the environment, as `CLAB_LABEL_*`
/// @param tmpfs mount options by folder
/// @param managementIpv4 null for one that the runner chooses
/// @param managementIpv6 null for one that the runner chooses
public record NodeSpec(
        String name,
        Place place,
        Kind kind,
        Located<NetworkMode> networkMode,
        @Nullable Located<String> image,
        @Nullable CommandLine entrypoint,
        @Nullable CommandLine cmd,
        String hostname,
        List<CommandLine> exec,
        List<Bind> binds,
        List<Located<String>> envFiles,
        Map<String, String> env,
        Map<String, String> labels,
        Map<String, String> sysctls,
        Map<String, String> tmpfs,
        Map<StageName, Stage> stages,
        @Nullable Healthcheck healthcheck,
        int startupDelaySeconds,
        @Nullable Located<IpAddress> managementIpv4,
        @Nullable Located<IpAddress> managementIpv6) {
    public NodeSpec {
        exec = List.copyOf(exec);
        binds = List.copyOf(binds);
        envFiles = List.copyOf(envFiles);
        env = Map.copyOf(env);
        labels = Map.copyOf(labels);
        sysctls = Map.copyOf(sysctls);
        tmpfs = Map.copyOf(tmpfs);
        stages = Map.copyOf(stages);
    }

    public Stage stage(StageName stage) {
        return stages.getOrDefault(stage, Stage.EMPTY);
    }

    /// A bridge's name in its namespace: what stands before a `|`.
    public String bridgeName() {
        int bar = name.indexOf('|');
        return bar < 0 ? name : name.substring(0, bar);
    }

    /// Where the node is in the file, as findings call it.
    public String key() {
        return "topology.nodes." + name;
    }
}
