package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Outgoing;
import slash32.netlink.message.Request;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;

/// Routes and nexthop objects as the kernel keeps them, at the level of messages, with faults.
final class FakeKernel implements Rtnl {
    static final InterfaceIndex LINK = new InterfaceIndex(7);

    record RouteKey(Prefix prefix, int priority) implements Comparable<RouteKey> {
        @Override
        public int compareTo(RouteKey other) {
            int byPrefix = prefix.compareTo(other.prefix);
            return byPrefix != 0 ? byPrefix : Integer.compare(priority, other.priority);
        }
    }

    final Map<RouteKey, Route> routes = new TreeMap<>();
    final Map<Integer, Nexthop> nexthops = new TreeMap<>();
    /// Why a request is refused; null for those that are not.
    Function<String, @Nullable Errno> refuse = _ -> null;
    /// Calls that still succeed before one fails as a whole; negative for ever.
    int callsUntilBroken = -1;

    /// Hears of routes of others that one of ours takes the place of.
    Consumer<Route> replaced = _ -> {};

    boolean linkUp = true;
    int writes;
    /// What is launched is carried out at {@link #arrive}, or once somebody waits for it; else at once.
    boolean slow;

    private @Nullable Batch aloft;

    private final class Batch implements Outcomes {
        private final List<? extends Outgoing> requests;
        private @Nullable List<@Nullable KernelException> outcomes;
        private @Nullable IOException fault;

        Batch(List<? extends Outgoing> requests) {
            this.requests = requests;
        }

        void arrive() {
            if (outcomes == null && fault == null) {
                try {
                    outcomes = executeAll(requests);
                } catch (IOException e) {
                    fault = e;
                }
            }
        }

        @Override
        public List<@Nullable KernelException> await() throws IOException {
            arrive();
            if (fault != null) {
                throw fault;
            }
            return Objects.requireNonNull(outcomes);
        }
    }

    /// Everything of one protocol, as `ip route` would print it, with what its nexthop leads to.
    String routes(int protocol) {
        return routes.values().stream()
                .filter(route -> route.protocol() == protocol)
                .map(route -> route.prefix()
                        + (route.nexthopId() == 0 ? " dev " + route.link() : " " + leadsTo(route.nexthopId()))
                        + (route.preferredSource() == null ? "" : " src " + route.preferredSource())
                        + (route.mtuBytes() == 0 ? "" : " mtu " + route.mtuBytes()))
                .collect(Collectors.joining("\n"));
    }

    private String leadsTo(int id) {
        Nexthop nexthop = nexthops.get(id);
        return switch (nexthop == null ? null : nexthop.target()) {
            case Target.Gateway gateway -> "via " + gateway.address() + " dev " + gateway.link();
            case Target.Blackhole _ -> "blackhole";
            case Target.Group(var ids) ->
                ids.stream().map(this::leadsTo).sorted().collect(Collectors.joining(", "));
            case null -> "nowhere";
        };
    }

    void add(Route route) {
        routes.put(new RouteKey(route.prefix(), route.priority()), route);
    }

    /// What `ip route add PREFIX [via GATEWAY] dev 7` makes.
    static Route foreign(String prefix, int priority, @Nullable String gateway) {
        IpAddress via = gateway == null ? null : IpAddress.parse(gateway);
        return new Route(Prefix.parse(prefix), priority, 4, Rt.RTN_UNICAST, LINK, via, null, 0, 0);
    }

    /// The link goes down: objects that lead out of it go, and routes with them.
    void flushLink() {
        linkUp = false;
        List<Integer> gone = nexthops.values().stream()
                .filter(nexthop -> nexthop.target() instanceof Target.Gateway)
                .map(Nexthop::id)
                .toList();
        gone.forEach(this::deleteNexthop);
    }

    /// A group loses the member, and goes with the last one.
    private boolean deleteNexthop(int id) {
        for (Nexthop group : groupsOf(id)) {
            List<Integer> left =
                    members(group).stream().filter(member -> member != id).toList();
            if (left.isEmpty()) {
                deleteNexthop(group.id());
            } else {
                nexthops.put(group.id(), new Nexthop(group.id(), new Target.Group(left), group.protocol()));
            }
        }
        routes.values().removeIf(route -> route.nexthopId() == id);
        return nexthops.remove(id) != null;
    }

    private List<Nexthop> groupsOf(int id) {
        return nexthops.values().stream()
                .filter(nexthop -> members(nexthop).contains(id))
                .toList();
    }

    private static List<Integer> members(Nexthop nexthop) {
        return nexthop.target() instanceof Target.Group(var ids) ? ids : List.of();
    }

    @Nullable
    Errno put(Nexthop nexthop) {
        Nexthop before = nexthops.get(nexthop.id());
        boolean isGroup = nexthop.target() instanceof Target.Group;
        boolean drops = nexthop.target() instanceof Target.Blackhole;
        boolean oneOfSeveral =
                groupsOf(nexthop.id()).stream().anyMatch(group -> members(group).size() > 1);
        boolean unknown = !nexthops.keySet().containsAll(members(nexthop));
        boolean dropsAmongSeveral = members(nexthop).size() > 1
                && members(nexthop).stream()
                        .map(nexthops::get)
                        .anyMatch(member -> member != null && member.target() instanceof Target.Blackhole);
        boolean otherKind = before != null && isGroup != (before.target() instanceof Target.Group);
        if (unknown || dropsAmongSeveral || otherKind || (drops && oneOfSeveral)) {
            return Errno.EINVAL;
        }
        if (nexthop.target() instanceof Target.Gateway && !linkUp) {
            return Errno.ENETDOWN;
        }
        nexthops.put(nexthop.id(), nexthop);
        return null;
    }

    @Override
    public List<@Nullable KernelException> executeAll(List<? extends Outgoing> requests) throws IOException {
        var outcomes = new ArrayList<@Nullable KernelException>();
        for (Outgoing request : requests) {
            breakIfDue();
            Errno errno = refuse.apply(request.toString());
            if (errno == null) {
                writes++;
                var applied = new ArrayList<@Nullable Errno>(1);
                split(request, message -> applied.add(apply(message)));
                errno = applied.getFirst();
            }
            outcomes.add(errno == null ? null : new KernelException(request.toString(), errno, null));
        }
        return outcomes;
    }

    @Override
    public Outcomes launch(List<? extends Outgoing> requests) {
        arrive();
        var batch = new Batch(requests);
        aloft = batch;
        if (!slow) {
            arrive();
        }
        return batch;
    }

    /// What was launched last is in force, as far as it can be.
    void arrive() {
        if (aloft != null) {
            aloft.arrive();
            aloft = null;
        }
    }

    private void breakIfDue() throws IOException {
        if (callsUntilBroken >= 0 && callsUntilBroken-- == 0) {
            throw new IOException("no answer");
        }
    }

    private static void split(Outgoing request, Consumer<Message> each) {
        ByteBuffer bytes = ByteBuffer.allocate(request.length()).order(ByteOrder.nativeOrder());
        request.writeTo(bytes, 0);
        Message.split(bytes.flip(), each);
    }

    private @Nullable Errno apply(Message message) {
        return switch (RouteEvent.parse(message)) {
            case RouteEvent.RouteAdded(Route route) -> put(route, message.flags());
            case RouteEvent.RouteRemoved(Route route) -> {
                var key = new RouteKey(route.prefix(), route.priority());
                Route there = routes.get(key);
                boolean found = there != null && there.protocol() == route.protocol();
                yield found && routes.remove(key) != null ? null : Errno.ESRCH;
            }
            case RouteEvent.NexthopChanged(Nexthop nexthop) -> put(nexthop);
            case null -> { // a deletion of a nexthop names nothing but its id
                Attributes attributes = message.attributes(8);
                yield attributes.next() && deleteNexthop(attributes.u32()) ? null : Errno.ENOENT;
            }
            default -> throw new AssertionError("a FIB writer has no business with message " + message.type());
        };
    }

    private @Nullable Errno put(Route route, int flags) {
        Nexthop nexthop = nexthops.get(route.nexthopId());
        if (nexthop == null) {
            return Errno.EINVAL;
        }
        if (isIpv4(nexthop) && !route.prefix().isIpv4()) {
            return Errno.EINVAL;
        }
        Route there = routes.get(new RouteKey(route.prefix(), route.priority()));
        if (there != null && (flags & Nl.NLM_F_EXCL) != 0) {
            return Errno.EEXIST;
        }
        if (there != null && there.protocol() != route.protocol()) {
            replaced.accept(there);
        }
        add(route);
        return null;
    }

    private boolean isIpv4(Nexthop nexthop) {
        return switch (nexthop.target()) {
            case Target.Blackhole(int family) -> family == Rt.AF_INET;
            case Target.Gateway gateway -> gateway.address().isIpv4();
            case Target.Group(var ids) ->
                ids.stream().map(nexthops::get).anyMatch(member -> member != null && isIpv4(member));
        };
    }

    @Override
    public void dump(Request request, Runnable restarted, Consumer<Message> each) throws IOException {
        breakIfDue();
        restarted.run();
        if (request.toString().equals("list nexthops")) {
            nexthops.values().forEach(nexthop -> split(nexthop.replace(), each));
            return;
        }
        byte[] asked = request.toArray();
        boolean ipv4 = asked[Nl.HEADER_BYTES] == Rt.AF_INET;
        int protocol = asked[Nl.HEADER_BYTES + 5] & 0xff;
        routes.values().stream()
                .filter(route -> route.prefix().isIpv4() == ipv4 && route.protocol() == protocol)
                .forEach(route -> split(route.replace(), each));
    }

    @Override
    public void get(Request request, Consumer<Message> each) throws IOException {
        breakIfDue();
        String text = request.toString();
        IpAddress destination = IpAddress.parse(text.substring("get route to ".length()));
        Route best = null;
        for (Route route : routes.values()) { // in order of address, length, priority
            if (route.prefix().contains(destination)
                    && (best == null || route.prefix().length() > best.prefix().length())) {
                best = route;
            }
        }
        if (best == null) {
            throw new KernelException(text, new Errno(101), null);
        }
        Nexthop nexthop = nexthops.get(best.nexthopId());
        if (nexthop != null && members(nexthop).size() == 1) {
            nexthop = nexthops.get(members(nexthop).getFirst());
        }
        if (nexthop != null && nexthop.target() instanceof Target.Blackhole) {
            throw new KernelException(text, Errno.EINVAL, null);
        }
        split(best.replace(), each);
    }
}
