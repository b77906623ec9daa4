package slash32.lab.scenario;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import slash32.lab.runner.HostCommand;

/// What of the host a lab could leave behind: namespaces, interfaces and nftables' tables.
record HostState(Set<String> things) {
    static HostState now() throws IOException {
        var things = new LinkedHashSet<String>();
        add(things, "namespace ", HostCommand.run("ip", "netns", "list").lines().map(line -> line.split(" ", 2)[0]));
        add(things, "interface ", HostCommand.run("ip", "-o", "link").lines().map(line -> line.split("[ :@]+", 3)[1]));
        add(things, "", HostCommand.run("nft", "list", "tables").lines());
        return new HostState(things);
    }

    private static void add(Set<String> things, String kind, java.util.stream.Stream<String> names) {
        names.map(name -> kind + name).forEach(things::add);
    }

    /// What is there now and wasn't before, or was before and isn't now.
    List<String> differences(HostState before) {
        var differences = new LinkedHashSet<String>();
        things.stream()
                .filter(thing -> !before.things.contains(thing))
                .forEach(thing -> differences.add("left behind: " + thing));
        before.things.stream()
                .filter(thing -> !things.contains(thing))
                .forEach(thing -> differences.add("taken away: " + thing));
        return List.copyOf(differences);
    }
}
