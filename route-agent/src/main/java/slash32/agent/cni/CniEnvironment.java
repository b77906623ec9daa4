package slash32.agent.cni;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;

/// What the runtime says in environment variables.
///
/// @param containerId empty for a command without one
/// @param netns the container's network namespace; null for a command without one, and for a DEL of a container that is
///     gone
/// @param ifname in the container; null for a command without one
/// @param path where plugins are looked for
record CniEnvironment(
        Command command,
        String containerId,
        @Nullable Path netns,
        @Nullable InterfaceName ifname,
        List<Path> path) {
    private static final Pattern CONTAINER_ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");

    enum Command {
        ADD(true, true),
        DEL(true, false),
        CHECK(true, true),
        GC(false, false),
        STATUS(false, false),
        VERSION(false, false);

        private final boolean ofContainer;
        private final boolean needsNetns;

        Command(boolean ofContainer, boolean needsNetns) {
            this.ofContainer = ofContainer;
            this.needsNetns = needsNetns;
        }
    }

    CniEnvironment {
        path = List.copyOf(path);
    }

    /// @throws CniException naming every variable that is wrong
    static CniEnvironment of(Map<String, String> variables) throws CniException {
        var wrong = new ArrayList<String>();
        Command command = command(variables.getOrDefault("CNI_COMMAND", ""));
        if (command == null) {
            wrong.add("CNI_COMMAND");
        }
        String containerId = variables.getOrDefault("CNI_CONTAINERID", "");
        String netns = variables.getOrDefault("CNI_NETNS", "");
        InterfaceName ifname = interfaceName(variables.getOrDefault("CNI_IFNAME", ""));
        if (command != null && command.ofContainer) {
            if (!CONTAINER_ID.matcher(containerId).matches()) {
                wrong.add("CNI_CONTAINERID");
            }
            if (ifname == null) {
                wrong.add("CNI_IFNAME");
            }
            if (netns.isEmpty() && command.needsNetns) {
                wrong.add("CNI_NETNS");
            }
        }
        if (command == null || !wrong.isEmpty()) {
            throw new CniException(
                    CniException.INVALID_ENVIRONMENT, "missing or invalid: " + String.join(", ", wrong), "");
        }
        List<Path> path = Stream.of(variables.getOrDefault("CNI_PATH", "").split(":"))
                .filter(folder -> !folder.isEmpty())
                .map(Path::of)
                .toList();
        return new CniEnvironment(command, containerId, netns.isEmpty() ? null : Path.of(netns), ifname, path);
    }

    private static @Nullable Command command(String name) {
        return Stream.of(Command.values())
                .filter(command -> command.name().equals(name.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElse(null);
    }

    private static @Nullable InterfaceName interfaceName(String name) {
        try {
            return new InterfaceName(name);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
