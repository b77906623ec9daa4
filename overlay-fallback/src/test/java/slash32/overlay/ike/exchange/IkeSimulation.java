package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;

/// Nodes with simulated time between them: datagrams are lost, doubled and overtake each other.
final class IkeSimulation {
    static final Timers TIMERS = new Timers(
            Duration.ofSeconds(1),
            14,
            Duration.ofSeconds(300),
            Duration.ofSeconds(90),
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30));

    final long seed;
    final Random random;
    final Map<IpAddress, Node> nodes = new HashMap<>();
    final Map<Identity, KeyPair> trusted = new HashMap<>();
    double loss;
    double duplication;
    long nowNanos;
    long datagrams;
    Runnable invariant = () -> {};

    private final PriorityQueue<Flight> flights =
            new PriorityQueue<>(Comparator.comparingLong(Flight::atNanos).thenComparingLong(Flight::number));
    private long number;

    private final Map<IpAddress, Nat> nats = new HashMap<>();

    /// What a node's NAT makes of its address and, in place of port 4500, of its port; the next is for port 500.
    private record Nat(IpAddress address, int port) {}

    private record Flight(long atNanos, long number, Path atReceiver, Bytes datagram) {}

    IkeSimulation(long seed) {
        this.seed = seed;
        random = new Random(seed);
    }

    /// One end, and what its data path would hold.
    final class Node {
        final Identity identity;
        final IpAddress address;
        IkeNode ike;
        final Map<Integer, ChildSa> inbound = new HashMap<>();
        final Map<Identity, ChildSa> outbound = new HashMap<>();
        final List<Action> events = new ArrayList<>();
        final List<Path> keptAlive = new ArrayList<>();

        Node(Identity identity, IpAddress address, IkeNode ike) {
            this.identity = identity;
            this.address = address;
            this.ike = ike;
        }

        void perform() {
            for (Action action : ike.actions()) {
                switch (action) {
                    case Action.Send(Path path, Bytes datagram) -> transmit(path, datagram);
                    case Action.Keepalive(Path path) -> keptAlive.add(path);
                    case Action.InstallInbound(ChildSa child) -> inbound.put(child.inboundSpi(), child);
                    case Action.UseOutbound(ChildSa child) -> outbound.put(child.peer(), child);
                    case Action.Remove(ChildSa child) -> {
                        inbound.remove(child.inboundSpi());
                        outbound.remove(child.peer(), child);
                    }
                    case Action.Established _, Action.NotRenewed _, Action.Lost _, Action.ChildRefused _ ->
                        events.add(action);
                }
            }
        }

        ChildSa sendsOn(Node peer) {
            return Objects.requireNonNull(
                    outbound.get(peer.identity), () -> identity + " sends on nothing to " + peer.identity);
        }

        List<String> losses() {
            return events.stream()
                    .filter(Action.Lost.class::isInstance)
                    .map(event -> ((Action.Lost) event).why())
                    .toList();
        }
    }

    Node node(String name, String address) {
        return node(name, address, config -> config);
    }

    Node node(String name, String address, UnaryOperator<NodeConfig> change) {
        KeyPair keys = keys();
        var identity = Identity.name(name);
        trusted.put(identity, keys);
        var node = new Node(identity, IpAddress.parse(address), ike(identity, keys, change));
        nodes.put(node.address, node);
        return node;
    }

    /// Forgets all but who it is.
    void restart(Node node) {
        restart(node, config -> config);
    }

    void restart(Node node, UnaryOperator<NodeConfig> change) {
        KeyPair keys = Objects.requireNonNull(trusted.get(node.identity));
        node.ike = ike(node.identity, keys, change);
        node.inbound.clear();
        node.outbound.clear();
    }

    private IkeNode ike(Identity identity, KeyPair keys, UnaryOperator<NodeConfig> change) {
        var credentials = new Credentials(
                identity,
                List.of(identity.value()),
                keys.getPrivate(),
                SignatureScheme.of(keys.getPublic()),
                Bytes.copyOf(new byte[20]));
        var config = new NodeConfig(
                credentials,
                this::verify,
                List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.P256),
                List.of(Prf.HMAC_SHA2_256),
                TIMERS,
                false,
                30);
        return new IkeNode(change.apply(config), secureRandom(), nowNanos);
    }

    /// The certificate of a node is its name.
    private Verifier.Verdict verify(Identity claimed, List<Bytes> certificates) {
        KeyPair keys = trusted.get(claimed);
        return keys == null || !certificates.getFirst().equals(claimed.value())
                ? new Verifier.Verdict.Refused("nobody knows " + claimed)
                : new Verifier.Verdict.Trusted(keys.getPublic(), Duration.ofDays(90));
    }

    static KeyPair keys() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /// Deterministic, as what the machine decides by is.
    private SecureRandom secureRandom() {
        try {
            SecureRandom secure = SecureRandom.getInstance("SHA1PRNG");
            secure.setSeed(ByteBuffer.allocate(8).putLong(random.nextLong()).array());
            return secure;
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /// Lets both in at each other.
    void acquaint(Node one, Node other) {
        one.ike.configure(peer(one, other));
        other.ike.configure(peer(other, one));
    }

    static PeerConfig peer(Node of, Node other) {
        return new PeerConfig(
                other.identity,
                new Path(of.address, Path.IKE_PORT, other.address, Path.IKE_PORT),
                List.of(TrafficSelector.of(of.address, TrafficSelector.UDP)),
                List.of(TrafficSelector.of(other.address, TrafficSelector.UDP)),
                true);
    }

    /// Puts a node behind a NAT, or has its NAT forget what it was.
    void translate(Node node, String address, int port) {
        nats.put(node.address, new Nat(IpAddress.parse(address), port));
    }

    private void transmit(Path path, Bytes datagram) {
        datagrams++;
        Nat nat = nats.get(path.local());
        IpAddress from = nat == null ? path.local() : nat.address;
        int fromPort = nat == null ? path.localPort() : path.localPort() == Path.NAT_PORT ? nat.port : nat.port + 1;
        int copies = random.nextDouble() < loss ? 0 : random.nextDouble() < duplication ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            long delay = 1_000_000L * (1 + random.nextInt(random.nextInt(20) == 0 ? 1_500 : 50));
            IpAddress to = path.remote();
            int toPort = path.remotePort();
            flights.add(new Flight(nowNanos + delay, number++, new Path(to, toPort, from, fromPort), datagram));
        }
    }

    void deliver(Path atReceiver, byte[] datagram) {
        Path inside = inside(atReceiver);
        Node to = nodes.get(inside.local());
        if (to != null) {
            to.ike.received(inside, datagram, nowNanos);
            to.perform();
        }
    }

    /// What the receiver's NAT makes of it, if it has one.
    private Path inside(Path outside) {
        for (Map.Entry<IpAddress, Nat> entry : nats.entrySet()) {
            Nat nat = entry.getValue();
            int port = outside.localPort() - nat.port;
            if (nat.address.equals(outside.local()) && (port == 0 || port == 1)) {
                return new Path(
                        entry.getKey(),
                        port == 0 ? Path.NAT_PORT : Path.IKE_PORT,
                        outside.remote(),
                        outside.remotePort());
            }
        }
        return outside;
    }

    /// What {@code from} sends on, {@code to} receives on.
    static void assertOpens(Node from, Node to) {
        ChildSa out = from.sendsOn(to);
        ChildSa in = Objects.requireNonNull(
                to.inbound.get(out.outboundSpi()), () -> to.identity + " does not receive on " + out);
        assertThat(in.inboundKey()).isEqualTo(out.outboundKey());
        assertThat(in.esn()).isEqualTo(out.esn());
        assertThat(in.local()).isEqualTo(out.remote());
    }

    /// From now on, at every moment.
    void assertNoGap(Node one, Node other) {
        invariant = () -> {
            assertOpens(one, other);
            assertOpens(other, one);
        };
        invariant.run();
    }

    /// The next thing that happens.
    private @Nullable Flight nextFlight() {
        return flights.peek();
    }

    void runFor(Duration time) {
        long end = nowNanos + time.toNanos();
        nodes.values().forEach(Node::perform);
        int idle = 0;
        while (true) {
            long timer = nodes.values().stream()
                    .mapToLong(node -> node.ike.nextDeadlineNanos())
                    .min()
                    .orElse(Long.MAX_VALUE);
            Flight flight = nextFlight();
            long next = Math.min(timer, flight == null ? Long.MAX_VALUE : flight.atNanos());
            if (next > end) {
                nowNanos = end;
                return;
            }
            if (timer <= nowNanos && ++idle > 1_000) {
                throw new AssertionError("seed " + seed + ": a deadline in the past is not met: "
                        + nodes.values().stream().map(node -> node.ike).toList());
            }
            idle = timer > nowNanos ? 0 : idle;
            nowNanos = Math.max(nowNanos, next);
            if (flight != null && flight.atNanos() <= nowNanos) {
                flights.remove();
                idle = 0;
                deliver(flight.atReceiver(), flight.datagram().toArray());
            } else {
                for (Node node : nodes.values()) {
                    node.ike.expire(nowNanos);
                    node.perform();
                }
            }
            invariant.run();
        }
    }
}
