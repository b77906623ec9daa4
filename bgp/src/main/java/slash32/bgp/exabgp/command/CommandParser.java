package slash32.bgp.exabgp.command;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.exabgp.Families;
import slash32.bgp.wire.AddressFamily;

/// Lines of text in, commands out.
public final class CommandParser {
    /// What a line was.
    public sealed interface Parsed {
        record Understood(CommandLine line) implements Parsed {}

        record Refused(Invalid why) implements Parsed {}
    }

    /// What a neighbour is described by, each with a value.
    private static final Set<String> DESCRIPTION =
            Set.of("neighbor", "local-ip", "local-as", "peer-as", "router-id", "family-allowed");

    /// First words of what is asked of the daemon itself.
    private static final Set<String> DAEMON =
            Set.of("show", "version", "help", "shutdown", "reload", "restart", "reset", "flush", "clear");

    private static final Command NOTHING = new Command.Comment();

    private CommandParser() {}

    public static Parsed parse(String line) {
        if (line.stripLeading().startsWith("#")) {
            return new Parsed.Understood(new CommandLine(List.of(), NOTHING));
        }
        var words = new Words(line);
        List<Map<String, String>> neighbors = neighbors(words);
        Command command = command(words, line);
        words.take(";");
        if (words.hasMore()) {
            words.next();
            words.fail("the command has ended before this");
        }
        Invalid fault = words.fault();
        return fault == null ? new Parsed.Understood(new CommandLine(neighbors, command)) : new Parsed.Refused(fault);
    }

    /// "neighbor 10.0.0.1 local-as 1, neighbor 10.0.0.2".
    private static List<Map<String, String>> neighbors(Words words) {
        var all = new ArrayList<Map<String, String>>();
        var one = new HashMap<String, String>();
        while (words.peek().equals("neighbor") || (!all.isEmpty() && DESCRIPTION.contains(words.peek()))) {
            if (words.peek().equals("neighbor")) {
                one = new HashMap<>();
                all.add(one);
            }
            one.put(words.next(), words.next());
            words.take(",");
        }
        return all.stream().map(Map::copyOf).toList();
    }

    private static Command command(Words words, String line) {
        String verb = words.next();
        return switch (verb) {
            case "announce" -> said(words, true);
            case "withdraw" -> said(words, false);
            case "teardown" -> new Command.Teardown((int) words.number(255, "a subcode of Cease"));
            case "" -> {
                words.fail("a command is wanted");
                yield NOTHING;
            }
            default -> {
                if (!DAEMON.contains(verb)) {
                    words.fail("no such command; there is announce, withdraw, teardown, " + DAEMON);
                }
                while (words.hasMore()) {
                    words.next();
                }
                yield new Command.Daemon(line.substring(line.indexOf(verb)).strip());
            }
        };
    }

    private static Command said(Words words, boolean announced) {
        String what = words.next();
        return switch (what) {
            case "route" -> routes(announced, RouteWords.route(words, announced, null));
            case "attribute", "attributes" -> routes(announced, RouteWords.attributes(words, announced));
            case "flow" -> {
                words.expect("route");
                yield routes(announced, FlowWords.route(words));
            }
            case "vpls" -> routes(announced, VplsWords.route(words, announced));
            case "ipv4", "ipv6" -> ofFamily(words, announced, what);
            case "watchdog" -> new Command.Watchdog(announced, words.next());
            case "eor" -> new Command.EndOfRib(words.hasMore() ? family(words) : AddressFamily.IPV4_UNICAST);
            case "route-refresh" -> new Command.RouteRefresh(family(words));
            default -> {
                words.fail("there is route, attributes, flow route, vpls, ipv4, ipv6, watchdog, eor, route-refresh");
                yield NOTHING;
            }
        };
    }

    private static Command routes(boolean announced, List<Route> routes) {
        return routes.isEmpty() ? NOTHING : new Command.Routes(announced, routes);
    }

    /// "announce ipv4 unicast PREFIX …", the words of ExaBGP 5.0 for "announce route PREFIX …".
    private static Command ofFamily(Words words, boolean announced, String version) {
        AddressFamily family = Families.named(version + "/" + words.next());
        if (family == null || family.equals(AddressFamily.RT_CONSTRAIN)) {
            words.fail("there is unicast, multicast, nlri-mpls, mpls-vpn, flow");
            return NOTHING;
        }
        return family.safi() == 133 || family.safi() == 134
                ? routes(announced, FlowWords.route(words))
                : routes(announced, RouteWords.route(words, announced, family));
    }

    private static AddressFamily family(Words words) {
        String afi = words.next();
        AddressFamily family = Families.named(afi + "/" + words.next());
        if (family == null) {
            words.fail("there is no such family, but " + Families.names());
        }
        return orIpv4(family);
    }

    private static AddressFamily orIpv4(@Nullable AddressFamily family) {
        return family == null ? AddressFamily.IPV4_UNICAST : family;
    }
}
