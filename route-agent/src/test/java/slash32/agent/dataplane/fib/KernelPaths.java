package slash32.agent.dataplane.fib;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.testkit.Command;

/// Where a route of the kernel leads, which `ip route` does not say of one with a group of nexthop objects.
public final class KernelPaths {
    private static final int LOOKS = 10;
    private static final Pattern OBJECT = Pattern.compile("nhid (\\d+)");
    private static final Pattern GROUP = Pattern.compile("group ([0-9/]+)");

    private KernelPaths() {}

    /// The nexthop objects that packets to {@code prefix} are given to, as `ip nexthop` prints them; empty if there is
    /// no route.
    public static String of(String prefix) {
        for (int i = 0; i < LOOKS; i++) {
            String paths = look(prefix);
            if (paths != null) {
                return paths;
            }
        }
        throw new AssertionError(prefix + " leads to nexthop objects that are gone");
    }

    /// Null if the route was changed while it was looked at.
    private static @Nullable String look(String prefix) {
        String family = prefix.indexOf(':') < 0 ? "-4" : "-6";
        Matcher route = OBJECT.matcher(Command.run("ip", family, "route", "show", prefix));
        if (!route.find()) {
            return "";
        }
        String object = show(route.group(1));
        Matcher group = GROUP.matcher(object == null ? "" : object);
        if (!group.find()) {
            return object;
        }
        var members = new StringBuilder();
        for (String id : group.group(1).split("/", -1)) {
            String member = show(id);
            if (member == null) {
                return null;
            }
            members.append(member);
        }
        return members.toString();
    }

    private static @Nullable String show(String id) {
        Command.Outcome shown = Command.tryRun("ip", "nexthop", "show", "id", id);
        return shown.exitCode() == 0 ? shown.output() : null;
    }
}
