package slash32.lab.topology;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A topology that was found to be right.
///
/// @param file absolute
/// @param prefix as written; null for upstream's `clab`
/// @param nodes by name, in the order of the file
public record Topology(
        Path file,
        String name,
        @Nullable String prefix,
        ManagementSpec management,
        Map<String, NodeSpec> nodes,
        List<LinkSpec> links) {
    public Topology {
        links = List.copyOf(links);
    }

    /// The folder of the file; what is relative in the file is relative to it.
    public Path folder() {
        return file.resolveSibling("");
    }

    /// Where the lab keeps its state and logs: `clab-NAME` beside the file, whatever the prefix.
    public Path labFolder() {
        return file.resolveSibling("clab-" + name);
    }

    /// A node's name outside of the lab, which is also its network namespace's.
    public String longName(String node) {
        if (prefix == null) {
            return "clab-" + name + "-" + node;
        }
        return switch (prefix) {
            case "" -> node;
            case "__lab-name" -> name + "-" + node;
            default -> prefix + "-" + name + "-" + node;
        };
    }

    /// The node in whose namespace the interfaces of {@code node} are; null for the host or a namespace that isn't
    /// ours.
    public @Nullable NodeSpec namespaceOwner(NodeSpec node) {
        if (node.kind() == Kind.LINUX
                && (node.networkMode().value() instanceof NetworkMode.Managed
                        || node.networkMode().value() instanceof NetworkMode.None)) {
            return node;
        }
        if (node.networkMode().value() instanceof NetworkMode.Shared(String other)) {
            NodeSpec owner = nodes.get(other);
            return owner == null ? null : namespaceOwner(owner);
        }
        return null;
    }
}
