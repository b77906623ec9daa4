package slash32.agent.status;

import static java.util.stream.Collectors.joining;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Counts;
import slash32.securitygroup.GroupId;

/// Writes what the node is like for people: the same pages as {@link StatusJson}, one line per object.
public final class StatusText {
    private StatusText() {}

    /// The node as a whole.
    public static String status(Snapshot snapshot, Instant now) {
        var text = new StringBuilder();
        text.append(headline(snapshot, "slash32", now));
        text.append("endpoints  %d".formatted(snapshot.endpoints().size()));
        for (ConditionKind kind : ConditionKind.values()) {
            text.append(", %d %s".formatted(snapshot.holding(kind), kind.label()));
        }
        text.append("%ngroups     %d%n".formatted(snapshot.groups().size()));
        for (FileView file : snapshot.files()) {
            text.append(
                    "file       %s: %d endpoints, %d groups%n".formatted(file.name(), file.endpoints(), file.groups()));
            if (file.problem() != null) {
                text.append("           REFUSED %s%n".formatted(file.problem()));
            }
        }
        text.append(established(snapshot));
        for (RibView rib : snapshot.ribs()) {
            text.append("%s, %d originated%n".formatted(held(rib), rib.originated()));
        }
        text.append("fib        %d routes to other nodes%n".formatted(snapshot.fibRoutes()));
        if (snapshot.admin() != null) {
            AdminFormat.text(text, snapshot.admin());
        }
        if (!snapshot.tables().isEmpty()) {
            text.append('\n').append(tables(snapshot.tables()));
        }
        return text.toString();
    }

    /// A route reflector as a whole.
    public static String reflector(Snapshot snapshot, Instant now) {
        var text = new StringBuilder(headline(snapshot, "slash32 reflector", now));
        text.append(established(snapshot));
        snapshot.ribs().forEach(rib -> text.append("%s%n".formatted(held(rib))));
        return text.toString();
    }

    private static String headline(Snapshot snapshot, String program, Instant now) {
        return "%s, %s %s, up %s, %s%n"
                .formatted(
                        snapshot.node().name(),
                        program,
                        snapshot.node().version(),
                        age(snapshot.node().started(), now),
                        snapshot.inSync() ? "in sync" : "NOT in sync");
    }

    private static String established(Snapshot snapshot) {
        return "peers      %d of %d Established%n"
                .formatted(snapshot.established(), snapshot.peers().size());
    }

    private static String held(RibView rib) {
        return "rib        %s: %d best of %d paths".formatted(rib.family(), rib.best(), rib.paths());
    }

    private static String tables(List<TableView> tables) {
        var columns = new Columns("TABLE", "DESIRED", "OWNED", "APPLIED", "REFUSED", "FAILING");
        var failures = new ArrayList<String>();
        for (TableView table : tables) {
            columns.row(
                    table.name(),
                    table.desired(),
                    table.owned(),
                    table.applied(),
                    table.refused(),
                    table.failures().size());
            table.failures()
                    .forEach(failure -> failures.add(table.name() + " " + failure.key() + ": " + failure.reason()));
        }
        return columns + failures.stream().map(line -> line + "\n").collect(joining());
    }

    /// One line per peer and address family, in address order.
    public static String peers(List<PeerView> peers, Instant now) {
        var columns =
                new Columns("PEER", "ASN", "STATE", "FOR", "BFD", "FAMILY", "RECEIVED", "ADVERTISED", "LAST ERROR");
        for (PeerView peer : peers) {
            String error = peer.lastError() == null ? "-" : peer.lastError();
            String since = age(peer.since(), now);
            BfdView bfd = peer.bfd();
            String link = bfd == null ? "-" : bfd.state();
            if (peer.families().isEmpty()) {
                columns.row(peer.name(), peer.asn(), peer.state(), since, link, "-", "-", "-", error);
            }
            for (PeerView.Family family : peer.families()) {
                columns.row(
                        peer.name(),
                        peer.asn(),
                        peer.state(),
                        since,
                        link,
                        family.name(),
                        family.received(),
                        family.advertised(),
                        error);
            }
        }
        return columns.toString();
    }

    /// One line per endpoint, in order of ids, and one below for each condition that doesn't hold.
    public static String endpoints(List<EndpointView> endpoints, Instant now) {
        var columns = new Columns("ENDPOINT", "DEVICE", "ADDRESSES", "GROUPS", "STATE");
        for (EndpointView endpoint : endpoints) {
            columns.row(
                    endpoint.spec().id(),
                    endpoint.spec().device(),
                    endpoint.spec().addresses().stream()
                            .map(Prefix::address)
                            .map(Object::toString)
                            .collect(joining(",")),
                    ids(endpoint.spec().groups()),
                    state(endpoint));
            for (Condition condition : endpoint.conditions()) {
                if (condition.state() != ConditionState.TRUE) {
                    columns.note("  " + line(condition) + ", for " + age(condition.since(), now));
                }
            }
        }
        return columns.toString();
    }

    /// The last condition up to which all hold, for one word.
    private static String state(EndpointView endpoint) {
        String reached = "New";
        for (Condition condition : endpoint.conditions()) {
            if (condition.state() != ConditionState.TRUE) {
                return condition.state() == ConditionState.FAILED ? "Failed" : reached;
            }
            reached = condition.kind().label();
        }
        return reached;
    }

    /// One line per group, in order of ids.
    public static String counters(Map<String, Counts> counters) {
        var columns = new Columns("RULE", "PACKETS", "BYTES");
        counters.forEach((rule, counts) -> columns.row(rule, counts.packets(), counts.bytes()));
        return columns.toString();
    }

    public static String groups(List<GroupView> groups) {
        var columns = new Columns("GROUP", "RULES", "LOCAL MEMBERS", "REMOTE MEMBERS");
        for (GroupView group : groups) {
            columns.row(group.group().id(), group.group().rules().size(), group.localMembers(), group.remoteMembers());
        }
        return columns.toString();
    }

    /// One line per route, in order of prefixes.
    public static String routes(Iterable<RouteView> routes) {
        var columns = new Columns("PREFIX", "VIA", "FROM", "LOCAL_PREF", "GROUPS", "FIB");
        for (RouteView route : routes) {
            String fib = fib(route.fib());
            switch (route.path()) {
                case RouteView.Path.Local local ->
                    columns.row(route.prefix(), local.device(), "-", route.localPref(), ids(route.groups()), fib);
                case RouteView.Path.Remote remote ->
                    columns.row(
                            route.prefix(),
                            remote.nextHop(),
                            remote.learnedFrom(),
                            route.localPref(),
                            ids(route.groups()),
                            fib);
            }
        }
        return columns.toString();
    }

    /// One line per route of EVPN, in the order given.
    public static String evpn(Iterable<EvpnView> routes) {
        var columns = new Columns("TYPE", "ROUTE", "RD", "VNI", "VIA", "FROM", "TARGETS", "MOVES", "IMPORTED");
        for (EvpnView route : routes) {
            String from = route.learnedFrom();
            columns.row(
                    route.type(),
                    route.route(),
                    route.distinguisher(),
                    route.vni() == EvpnView.NO_VNI ? "-" : route.vni(),
                    route.nextHop(),
                    from == null ? "-" : from,
                    String.join(",", route.targets()),
                    route.sequence() + (route.sticky() ? " sticky" : ""),
                    route.imported() ? "yes" : "no");
        }
        return columns.toString();
    }

    private static String fib(RouteView.@Nullable Fib fib) {
        if (fib == null) {
            return "-";
        }
        String state = fib.state().label();
        return fib.reason() == null ? state : state + ": " + fib.reason();
    }

    /// One line.
    public static String event(Event event) {
        return event.at() + " "
                + switch (event) {
                    case Event.ConditionChanged changed -> changed.endpoint() + " " + line(changed.condition());
                    case Event.EndpointRemoved removed -> removed.endpoint() + " removed";
                    case Event.PeerChanged changed ->
                        "peer " + changed.peer() + " " + changed.state() + ": " + changed.reason();
                    case Event.PacketDropped dropped -> dropped(dropped);
                    case Event.SyncChanged changed -> changed.inSync() ? "in sync" : "no longer in sync";
                }
                + "\n";
    }

    private static String dropped(Event.PacketDropped dropped) {
        Object device = dropped.device() == null ? "an interface that is gone" : dropped.device();
        String whose = dropped.endpoint() == null ? device.toString() : dropped.endpoint() + " (" + device + ")";
        String sender = dropped.mac() == null ? "" : " from " + dropped.mac();
        return whose + " " + dropped.drop().direction() + " " + dropped.packet() + sender + ": "
                + dropped.drop().reason().text();
    }

    private static String line(Condition condition) {
        String message = condition.message().isEmpty() ? "" : ": " + condition.message();
        String latency = condition.latency() == null
                ? ""
                : " after %.3f s".formatted(condition.latency().toNanos() / 1e9);
        return condition.kind().label() + " " + condition.state().label() + " (" + condition.reason() + ")" + message
                + latency;
    }

    private static String ids(List<GroupId> groups) {
        return groups.isEmpty() ? "-" : groups.stream().map(Object::toString).collect(joining(","));
    }

    /// The two largest units: {@code 3d4h}, {@code 5m10s}.
    static String age(Instant since, Instant now) {
        Duration age = Duration.between(since, now);
        if (age.isNegative()) {
            return "0s";
        }
        if (age.toDays() > 0) {
            return age.toDays() + "d" + age.toHoursPart() + "h";
        }
        if (age.toHours() > 0) {
            return age.toHours() + "h" + age.toMinutesPart() + "m";
        }
        return age.toMinutes() > 0 ? age.toMinutes() + "m" + age.toSecondsPart() + "s" : age.toSeconds() + "s";
    }
}
