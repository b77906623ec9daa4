package slash32.overlay.probe.icmp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.netlink.udp.EchoSocket;
import slash32.netlink.udp.UdpSelector;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.probe.PathProbes;
import slash32.overlay.probe.PathState;
import slash32.overlay.probe.PathStatus;
import slash32.overlay.probe.ProbedPath;
import slash32.overlay.probe.ProbedPath.Kind;

/// Watches paths to other nodes, and says what changes of them. What others ask over encrypted paths the kernel
/// answers, and it is counted here, so that nobody takes echoes for traffic.
///
/// All but {@link #run} is for any thread.
public final class ProbeLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProbeLoop.class);

    private static final int IDENTIFIERS = 1 << 16;

    private final PathProbes probes;
    private final int identifier;
    private final long token;
    private final Consumer<PathStatus> changed;
    private final UdpSelector selector;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Map<Ipv4Address, EchoSocket> plain = new HashMap<>();
    private @Nullable EchoSocket encrypted;
    private final Map<Ipv4Address, InterfaceIndex> links = new HashMap<>();
    private final Map<Ipv4Address, ProbedPath> peers = new HashMap<>();
    private final Map<Ipv4Address, LongAdder> carried = new ConcurrentHashMap<>();
    private final LongAdder sent = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private volatile boolean closed;

    private ProbeLoop(
            PathProbes.Terms terms, RandomGenerator random, Consumer<PathStatus> changed, UdpSelector selector) {
        probes = new PathProbes(terms, random);
        identifier = random.nextInt(IDENTIFIERS);
        token = random.nextLong();
        this.changed = changed;
        this.selector = selector;
    }

    /// A loop that watches nothing yet. Its sockets are opened by the thread that runs it.
    ///
    /// @param changed told on that thread
    public static ProbeLoop open(PathProbes.Terms terms, RandomGenerator random, Consumer<PathStatus> changed)
            throws IOException {
        return new ProbeLoop(terms, random, changed, UdpSelector.open());
    }

    /// An end of an encrypted path.
    ///
    /// @param link of the device that packets to the node go into
    public record Encrypted(Ipv4Address node, InterfaceIndex link) {}

    /// Watches these plain paths, and no others.
    ///
    /// @param paths with the size of an IP packet that has to pass
    public void watchPlain(Map<ProbedPath, Integer> paths) {
        Map<ProbedPath, Integer> wanted = Map.copyOf(paths);
        put(() -> {
            probes.watch(Kind.VXLAN, wanted, System.nanoTime());
            plain.entrySet().removeIf(open -> {
                boolean unused =
                        wanted.keySet().stream().noneMatch(path -> path.local().equals(open.getKey()));
                if (unused) {
                    open.getValue().close();
                }
                return unused;
            });
            watchSockets();
        });
    }

    /// Watches the encrypted paths to these, and no others.
    ///
    /// @param local this node's underlay address
    /// @param fullBytes of an IP packet that has to pass
    public void watchEncrypted(Ipv4Address local, List<Encrypted> ends, int fullBytes) {
        List<Encrypted> wanted = List.copyOf(ends);
        put(() -> {
            links.clear();
            peers.clear();
            var paths = new HashMap<ProbedPath, Integer>();
            for (Encrypted end : wanted) {
                var path = new ProbedPath(Kind.ENCRYPTED, local, end.node);
                links.put(end.node, end.link);
                peers.put(end.node, path);
                paths.put(path, fullBytes);
            }
            carried.keySet().retainAll(links.keySet());
            probes.watch(Kind.ENCRYPTED, paths, System.nanoTime());
        });
    }

    /// Packets that passed both ways on Child SAs with a node and were only echoes, or their answers.
    public long echoesWith(Ipv4Address node) {
        LongAdder count = carried.get(node);
        return count == null ? 0 : count.sum();
    }

    /// All that is watched, in order.
    public List<PathStatus> status() throws InterruptedException {
        var answer = new CompletableFuture<List<PathStatus>>();
        put(() -> answer.complete(probes.status()));
        try {
            return answer.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException("a loop answers with a value", e);
        }
    }

    /// Echoes since the start, by what became of them: {@code sent}, {@code answered}, and {@code refused} by the
    /// kernel.
    public Map<String, Long> echoes() {
        return Map.of("sent", sent.sum(), "answered", answered.sum(), "refused", refused.sum());
    }

    private void put(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    public void run() throws IOException {
        try {
            while (!closed) {
                long now = System.nanoTime();
                long next = probes.nextDeadlineNanos();
                selector.await(next == Long.MAX_VALUE ? next : Math.max(0, next - now));
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
                for (EchoSocket socket : plain.values()) {
                    hear(socket);
                }
                if (encrypted != null) {
                    hear(encrypted);
                }
                probes.expire(System.nanoTime());
                carryOut();
            }
        } finally {
            plain.values().forEach(EchoSocket::close);
            if (encrypted != null) {
                encrypted.close();
            }
            selector.close();
        }
    }

    private void hear(EchoSocket socket) {
        for (EchoSocket.Echo echo = socket.receive(); echo != null; echo = socket.receive()) {
            switch (echo.from()) {
                case Ipv4Address from -> heard(echo, Kind.VXLAN, from);
                case Ipv6Address from -> {
                    Ipv4Address node = nodeOf(from);
                    if (node != null && (echo.isReply() || links.containsKey(node))) {
                        heard(echo, Kind.ENCRYPTED, node);
                    }
                }
            }
        }
    }

    /// Whose {@link DataPath#gateway6} it is; null for any other address.
    private static @Nullable Ipv4Address nodeOf(Ipv6Address address) {
        var node = new Ipv4Address((int) address.low());
        return DataPath.gateway6(node).equals(address) ? node : null;
    }

    private void heard(EchoSocket.Echo echo, Kind kind, Ipv4Address node) {
        if (!echo.isReply()) {
            count(node, 2); // the kernel answers
            return;
        }
        if (echo.identifier() != identifier || echo.token() != token) {
            return;
        }
        answered.increment();
        if (kind == Kind.ENCRYPTED) {
            count(node, 1);
        }
        for (ProbedPath path : pathsTo(kind, node)) {
            probes.answered(path, echo.sequence(), System.nanoTime());
        }
    }

    private List<ProbedPath> pathsTo(Kind kind, Ipv4Address node) {
        if (kind == Kind.ENCRYPTED) {
            ProbedPath path = peers.get(node);
            return path == null ? List.of() : List.of(path);
        }
        return plain.keySet().stream()
                .map(local -> new ProbedPath(kind, local, node))
                .toList();
    }

    private void count(Ipv4Address node, int packets) {
        carried.computeIfAbsent(node, _ -> new LongAdder()).add(packets);
    }

    private void carryOut() {
        for (PathProbes.Action action : probes.actions()) {
            switch (action) {
                case PathProbes.Action.Probe(ProbedPath path, int sequence, int bytes) -> ask(path, sequence, bytes);
                case PathProbes.Action.Changed(PathState before, PathStatus now) -> {
                    tell(before, now);
                    changed.accept(now);
                }
            }
        }
    }

    private void ask(ProbedPath path, int sequence, int bytes) {
        try {
            switch (path.kind()) {
                case VXLAN -> plain(path.local()).ask(path.node(), null, identifier, sequence, token, bytes);
                case ENCRYPTED -> {
                    IpAddress far = DataPath.gateway6(path.node());
                    encrypted().ask(far, links.get(path.node()), identifier, sequence, token, bytes);
                    count(path.node(), 1);
                }
            }
            sent.increment();
        } catch (IOException e) {
            refused.increment();
            probes.notSent(path, String.valueOf(e.getMessage()));
        }
    }

    private EchoSocket plain(Ipv4Address local) throws IOException {
        EchoSocket open = plain.get(local);
        if (open == null) {
            open = EchoSocket.open(local);
            plain.put(local, open);
            watchSockets();
        }
        return open;
    }

    private EchoSocket encrypted() throws IOException {
        EchoSocket open = encrypted;
        if (open == null) {
            open = EchoSocket.openIpv6();
            encrypted = open;
            watchSockets();
        }
        return open;
    }

    private void watchSockets() {
        var all = new ArrayList<>(plain.values());
        if (encrypted != null) {
            all.add(encrypted);
        }
        selector.watch(all);
    }

    private static void tell(PathState before, PathStatus now) {
        ProbedPath path = now.path();
        String about = "event=path-" + now.state().label() + " kind="
                + path.kind().label() + " from=" + path.local() + " node=" + path.node();
        switch (now.state()) {
            case OPEN -> {
                if (before != PathState.UNKNOWN) {
                    LOG.info("{} size={}", about, now.fullBytes());
                }
            }
            case NARROW ->
                LOG.warn(
                        "{} size={} fits={}",
                        about,
                        now.fullBytes(),
                        now.fitsBytes() == 0 ? "unknown" : Integer.toString(now.fitsBytes()));
            case UNREACHABLE, SILENT ->
                LOG.warn(
                        "{} size={}{}",
                        about,
                        now.fullBytes(),
                        now.why() == null ? "" : " reason=\"" + now.why() + "\"");
            case UNKNOWN -> {}
        }
    }

    /// Ends {@link #run}.
    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }
}
