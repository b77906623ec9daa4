package slash32.agent.helper;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
import slash32.net.Prefix;

/// What becomes of a process's lines, and what it has announced. Owned by the thread that reads the process, but for
/// what is synchronized.
///
/// A route is encoded as ExaBGP does it and read again as if a peer had sent it: what a message can't carry, or what a
/// peer would be refused for, is refused here.
final class Commands {
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    private final ProcessConfig config;
    private final Surroundings here;
    private final Announcer announcer;
    private final EncodeContext context;
    private final UpdateDecoder decoder = new UpdateDecoder(new Terms(true, true, FAMILIES));
    /// What is announced, and of that what an earlier run of the process announced and this one has not.
    private final Set<Prefix> held = new HashSet<>();

    private final Set<Prefix> stale = new HashSet<>();

    Commands(ProcessConfig config, Surroundings here, Announcer announcer) {
        this.config = config;
        this.here = here;
        this.announcer = announcer;
        context = new EncodeContext(true, true, Set.of(), here.asn(), here.self(), here.self6(), Framer.MAX_BYTES);
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

    Answer line(String text) throws InterruptedException {
        return switch (CommandParser.parse(text)) {
            case Parsed.Refused(var why) -> Answer.error(why.toString());
            case Parsed.Understood(CommandLine line) -> {
                String unfit = audience(line);
                yield unfit == null ? carryOut(line.command()) : Answer.error(unfit);
            }
        };
    }

    /// Why a line is not for all peers, which is all that can be announced to; null if it is.
    private @Nullable String audience(CommandLine line) {
        long fitting = here.neighbors().stream().filter(line::isFor).count();
        if (line.neighbors().isEmpty() || (fitting == here.peers().size() && fitting > 0)) {
            return null;
        }
        return fitting == 0 ? "there is no such neighbor" : "a route is announced to all peers or to none";
    }

    private Answer carryOut(Command command) throws InterruptedException {
        return switch (command) {
            case Command.Routes routes -> routes(routes);
            case Command.EndOfRib _ -> Answer.DONE; // peers get it when they have been told everything
            case Command.Comment() -> Answer.DONE;
            case Command.Daemon(String words)
            when words.equals("version") -> new Answer(List.of("slash32 " + here.version()), null);
            case Command.Daemon _, Command.Teardown _, Command.RouteRefresh _ ->
                Answer.error("a process announces and withdraws; all else is the operator's");
            case Command.Watchdog _ -> Answer.error("there are no watchdogs; announce and withdraw the routes");
        };
    }

    private synchronized Answer routes(Command.Routes command) throws InterruptedException {
        for (Route route : command.routes()) {
            String refusal = refusal(route, command.announced());
            if (refusal != null) {
                return Answer.error(refusal);
            }
        }
        for (Route route : command.routes()) {
            Prefix prefix = prefix(route);
            if (!command.announced()) {
                held.remove(prefix);
                stale.remove(prefix);
                announcer.retract(config.name(), List.of(prefix));
                continue;
            }
            PathAttributes attributes = attributes(route);
            String refusal = attributes == null
                    ? "no peer would take " + prefix + " with these attributes"
                    : announcer.announce(config.name(), prefix, attributes);
            if (refusal != null) {
                return Answer.error(refusal);
            }
            held.add(prefix);
            stale.remove(prefix);
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
        if (!announced) {
            return null;
        }
        if (route.pathId() != null) {
            return "one path of a prefix is announced, without an identifier";
        }
        return held.contains(prefix) || held.size() < config.maxRoutes()
                ? null
                : "process " + config.name() + " announces " + held.size() + " routes, which is maxRoutes";
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
        stale.addAll(held);
    }

    /// Takes back what was announced by an earlier run and not by this one.
    ///
    /// @return how many routes that were
    synchronized int sweep() {
        List<Prefix> gone = List.copyOf(stale);
        held.removeAll(stale);
        stale.clear();
        announcer.retract(config.name(), gone);
        return gone.size();
    }
}
