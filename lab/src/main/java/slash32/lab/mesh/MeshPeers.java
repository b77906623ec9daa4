package slash32.lab.mesh;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.esp.path.EspNode;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.userspace.UserspacePath;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.exchange.Timers;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.overlay.pki.AuthorityFolder;
import slash32.overlay.pki.NodeFolder;

/// Peers of one agent, each with a certificate, two ports of an address of its own, and a TUN.
public final class MeshPeers {
    private static final Duration CERTIFICATE_LIFE = Duration.ofDays(1);
    private static final int COOKIES_FROM = 30;
    private static final List<TrafficSelector> ALL =
            List.of(new TrafficSelector(0, 0, 65_535, IpAddress.parse("0.0.0.0"), IpAddress.parse("255.255.255.255")));

    private static final EspNode.Wants NOTHING = new EspNode.Wants() {
        @Override
        public void needed(Identity peer) {}

        @Override
        public void strayed(IpAddress from) {}
    };

    private final Plan plan;
    private final CompletionService<Void> ends = new ExecutorCompletionService<>(Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("mesh-", 0).factory()));

    private MeshPeers(Plan plan) {
        this.plan = plan;
    }

    /// What there is to be.
    ///
    /// @param folder of the authority, which is made here, and of what it issues; the agent's is {@code agent}
    /// @param agent its underlay address
    /// @param external where it is reached
    /// @param firstNode underlay address of the first peer; that of the next is one more
    /// @param firstExternal the same of where the peers are reached, which must be addresses of this namespace
    public record Plan(
            Path folder,
            int count,
            Ipv4Address agent,
            Ipv4Address external,
            Ipv4Address firstNode,
            Ipv4Address firstExternal) {}

    /// Issues certificates, makes a TUN `p1`, `p2` and so on for each, and serves until the process ends.
    public static void run(Plan plan, PrintStream out) throws IOException {
        new MeshPeers(plan).run(out);
    }

    private void run(PrintStream out) throws IOException {
        var random = new SecureRandom();
        Instant now = Instant.now();
        var authority = AuthorityFolder.create(
                plan.folder.resolve("ca"), "lab", now, CERTIFICATE_LIFE.multipliedBy(2), false, random);
        authority.issue("agent", List.of(plan.agent), now, CERTIFICATE_LIFE, folder("agent"));
        for (int i = 0; i < plan.count; i++) {
            String name = "p" + (i + 1);
            Ipv4Address node = nth(plan.firstNode, i);
            authority.issue(name, List.of(node), now, CERTIFICATE_LIFE, folder(name));
            start(name, node, nth(plan.firstExternal, i));
        }
        out.println("ready: " + plan.count + " peers");
        try {
            ends.take().get(); // none does
        } catch (ExecutionException e) {
            throw new IOException("a peer broke: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Ipv4Address nth(Ipv4Address first, int more) {
        return new Ipv4Address(first.value() + more);
    }

    private NodeFolder folder(String name) {
        return new NodeFolder(plan.folder.resolve(name).resolve("pki"));
    }

    private void start(String name, Ipv4Address node, Ipv4Address external) throws IOException {
        OffloadDevice device = OffloadDevice.open(new InterfaceName(name), OffloadDevice.Layer.PACKETS);
        EspNode esp = EspNode.open(
                external,
                listener -> UserspacePath.open(
                        device,
                        BatchUdpSocket.bind(external, slash32.overlay.ike.exchange.Path.NAT_PORT),
                        Lifetime.DEFAULT,
                        listener),
                config(name, node),
                _ -> {},
                NOTHING);
        int port = slash32.overlay.ike.exchange.Path.IKE_PORT;
        var agent = new PeerConfig(
                Identity.address(plan.agent),
                new slash32.overlay.ike.exchange.Path(external, port, plan.external, port),
                ALL,
                ALL,
                false);
        esp.ike().execute((ike, _) -> ike.configure(agent));
        serve(esp.ike()::run);
        esp.path().loops().values().forEach(this::serve);
    }

    private void serve(DataPath.Loop loop) {
        ends.submit(() -> {
            loop.run();
            return null;
        });
    }

    private NodeConfig config(String name, Ipv4Address node) throws IOException {
        NodeFolder own = folder(name);
        Identity agent = Identity.address(plan.agent);
        return new NodeConfig(
                own.credentials(node),
                own.verifier(
                        claimed -> claimed.equals(agent) ? Optional.of(plan.agent) : Optional.empty(), Instant::now),
                List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.P256),
                List.of(Prf.HMAC_SHA2_256),
                Timers.DEFAULT,
                true,
                COOKIES_FROM);
    }
}
