package slash32.agent.helper;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.ProcessConfig;
import slash32.bgp.exabgp.command.Command;
import slash32.bgp.exabgp.command.CommandEncoder;
import slash32.bgp.exabgp.command.CommandEncoder.Encoded;
import slash32.bgp.exabgp.command.CommandLine;
import slash32.bgp.exabgp.command.CommandParser;
import slash32.bgp.exabgp.command.CommandParser.Parsed;
import slash32.bgp.exabgp.command.EncodeContext;
import slash32.bgp.exabgp.command.Route;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Fate;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// What becomes of a process's lines, and what it has announced. Owned by the thread that reads the process, but for
/// what is synchronized.
///
/// A route is encoded as ExaBGP does it and read again as if a peer had sent it: what a message can't carry, or what a
/// peer would be refused for, is refused here.
final class Commands {
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    private final ProcessConfig config;
    private volatile Surroundings here;
    private final Announcer announcer;
    private final UpdateDecoder decoder = new UpdateDecoder(new Terms(true, true, FAMILIES));
    /// What is announced, and of that what an earlier run of the process announced and this one has not.
    private final Map<Prefix, PathAttributes> held = new HashMap<>();

    private final Set<Prefix> stale = new HashSet<>();
    /// Routes by their watchdog's name, announced or held back.
    private final Map<String, Map<Prefix, PathAttributes>> watchdogs = new HashMap<>();

    Commands(ProcessConfig config, Surroundings here, Announcer announcer) {
        this.config = config;
        this.here = here;
        this.announcer = announcer;
    }

    /// What a line is answered with.
    ///
    /// @param lines before the "done" or "error"
    /// @param refusal why it is an error; null for done
    record Answer(List<String> lines, @Nullable String refusal) {
        static final Answer DONE = new Answer(List.of(), null);

        static Answer error(String why) {
            return new Answer(List.of(), why);
        }
    }

    void surroundings(Surroundings now) {
        here = now;
    }

    Answer line(String text) throws InterruptedException {
        return switch (CommandParser.parse(text)) {
            case Parsed.Refused(var why) -> Answer.error(why.toString());
            case Parsed.Understood(CommandLine line) -> {
                Set<IpAddress> audience = here.fitting(line);
                yield audience.isEmpty() && !line.neighbors().isEmpty()
                        ? Answer.error("there is no such neighbor")
                        : carryOut(line.command(), audience.equals(here.peers().keySet()) ? Set.of() : audience);
            }
        };
    }

    /// @param audience the peers that a route is for; empty for all
    private Answer carryOut(Command command, Set<IpAddress> audience) throws InterruptedException {
        return switch (command) {
            case Command.Routes routes -> routes(routes, audience);
            case Command.EndOfRib _ -> Answer.DONE; // peers get it when they have been told everything
            case Command.Comment() -> Answer.DONE;
            case Command.Daemon(String words)
            when words.equals("version") -> new Answer(List.of("slash32 " + here.version()), null);
            case Command.Daemon _, Command.Teardown _, Command.RouteRefresh _ ->
                Answer.error("a process announces and withdraws; all else is the operator's");
            case Command.Watchdog(boolean announced, String name) -> watchdog(announced, name);
        };
    }

    private synchronized Answer routes(Command.Routes command, Set<IpAddress> audience) throws InterruptedException {
        int more = 0;
        for (Route route : command.routes()) {
            String refusal = refusal(route, command.announced());
            if (refusal != null) {
                return Answer.error(refusal);
            }
            more += !command.announced() || held.containsKey(prefix(route)) ? 0 : 1;
        }
        if (more > 0 && held.size() + more > config.maxRoutes()) {
            return Answer.error(
                    "process " + config.name() + " announces " + held.size() + " routes, which is maxRoutes");
        }
        for (Route route : command.routes()) {
            String refusal = command.announced() ? announce(route, audience) : withdraw(prefix(route), audience);
            if (refusal != null) {
                return Answer.error(refusal);
            }
        }
        return Answer.DONE;
    }

    private @Nullable String announce(Route route, Set<IpAddress> audience) throws InterruptedException {
        Prefix prefix = prefix(route);
        PathAttributes attributes = attributes(route);
        if (attributes == null) {
            return "no peer would take " + prefix + " with these attributes";
        }
        PathAttributes now = attributes.toBuilder().onlyTo(audience).build();
        String watchdog = route.watchdog();
        if (watchdog != null) {
            watchdogs.computeIfAbsent(watchdog, _ -> new LinkedHashMap<>()).put(prefix, now);
        }
        return route.held() ? null : announce(prefix, now);
    }

    /// One path of a prefix is announced: to other peers it can't have other attributes.
    private @Nullable String announce(Prefix prefix, PathAttributes now) throws InterruptedException {
        PathAttributes before = stale.contains(prefix) ? null : held.get(prefix);
        PathAttributes all = now;
        if (before != null && !now.onlyTo().isEmpty() && !now.onlyTo().containsAll(others(before))) {
            if (!before.toBuilder().onlyTo(now.onlyTo()).build().equals(now)) {
                return prefix + " is announced to another neighbor with other attributes";
            }
            all = now.toBuilder()
                    .onlyTo(before.onlyTo().isEmpty() ? Set.of() : union(before.onlyTo(), now.onlyTo()))
                    .build();
        }
        String refusal = announcer.announce(config.name(), prefix, all);
        if (refusal == null) {
            held.put(prefix, all);
            stale.remove(prefix);
        }
        return refusal;
    }

    /// Whom a route is told, by name.
    private Set<IpAddress> others(PathAttributes attributes) {
        return attributes.onlyTo().isEmpty() ? here.peers().keySet() : attributes.onlyTo();
    }

    private static Set<IpAddress> union(Set<IpAddress> some, Set<IpAddress> more) {
        var all = new HashSet<>(some);
        all.addAll(more);
        return all;
    }

    private @Nullable String withdraw(Prefix prefix, Set<IpAddress> audience) throws InterruptedException {
        watchdogs.values().forEach(routes -> routes.remove(prefix));
        PathAttributes before = held.get(prefix);
        Set<IpAddress> left = before == null || audience.isEmpty()
                ? Set.of()
                : others(before).stream()
                        .filter(peer -> !audience.contains(peer))
                        .collect(Collectors.toSet());
        if (before != null && !left.isEmpty()) {
            PathAttributes now = before.toBuilder().onlyTo(left).build();
            held.put(prefix, now);
            return announcer.announce(config.name(), prefix, now);
        }
        retract(List.of(prefix));
        return null;
    }

    private void retract(Collection<Prefix> prefixes) {
        prefixes.forEach(held::remove);
        stale.removeAll(prefixes);
        announcer.retract(config.name(), prefixes);
    }

    private synchronized Answer watchdog(boolean announced, String name) throws InterruptedException {
        Map<Prefix, PathAttributes> routes = watchdogs.getOrDefault(name, Map.of());
        if (!announced) {
            retract(List.copyOf(routes.keySet()));
            return Answer.DONE;
        }
        for (Map.Entry<Prefix, PathAttributes> route : routes.entrySet()) {
            boolean room = held.containsKey(route.getKey()) || held.size() < config.maxRoutes();
            String refusal = room ? announce(route.getKey(), route.getValue()) : "maxRoutes are announced";
            if (refusal != null) {
                return Answer.error(refusal);
            }
        }
        return Answer.DONE;
    }

    private @Nullable String refusal(Route route, boolean announced) {
        if (!FAMILIES.contains(route.family())) {
            return "family " + route.family() + " is not spoken here";
        }
        Prefix prefix = prefix(route);
        if (!config.allows(prefix)) {
            return prefix + " is not in allowedPrefixes of process " + config.name();
        }
        return announced && route.pathId() != null ? "one path of a prefix is announced, without an identifier" : null;
    }

    private static Prefix prefix(Route route) {
        Prefix prefix = route.prefix();
        if (prefix == null) {
            throw new IllegalArgumentException("a route of " + route.family() + " has a prefix");
        }
        return prefix;
    }

    /// Null if a peer would not be believed.
    private @Nullable PathAttributes attributes(Route route) {
        var context = new EncodeContext(true, true, Set.of(), here.asn(), here.self(), here.self6(), Framer.MAX_BYTES);
        Encoded encoded = CommandEncoder.encode(new Command.Routes(true, List.of(route)), context);
        if (!(encoded instanceof Encoded.Messages(List<Bytes> messages)) || messages.size() != 1) {
            return null;
        }
        byte[] message = messages.getFirst().toArray();
        Update update = decoder.decode(message, Framer.HEADER_BYTES, message.length);
        if (update.fate() != Fate.ACCEPT || update.announced().size() != 1) {
            return null;
        }
        PathAttributes attributes = update.announced().getFirst().attributes();
        boolean sameFamily = attributes != null
                && attributes.nextHop() != null
                && attributes.nextHop().isIpv4() == (route.family().afi() == 1);
        return sameFamily ? attributes : null;
    }

    /// The process has ended: what it announced stays for the one that follows, until {@link #sweep}.
    synchronized void ended() {
        stale.addAll(held.keySet());
        watchdogs.clear();
    }

    /// Takes over what a process of another configuration left; what it may not announce goes.
    synchronized void inherit(Commands before) {
        held.putAll(before.held);
        stale.addAll(held.keySet());
        List<Prefix> forbidden =
                held.keySet().stream().filter(prefix -> !config.allows(prefix)).toList();
        retract(forbidden);
    }

    /// Takes back what was announced by an earlier run and not by this one.
    ///
    /// @return how many routes that were
    synchronized int sweep() {
        List<Prefix> gone = List.copyOf(stale);
        retract(gone);
        return gone.size();
    }
}
