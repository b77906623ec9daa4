package slash32.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.HostProtectionConfig;
import slash32.agent.config.OverlayConfig;
import slash32.agent.intent.AdminNetwork;
import slash32.agent.status.Proofs;
import slash32.agent.status.SasView;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.Path.Encrypted;
import slash32.overlay.device.NodeDevices;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.EspNode;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.PathListener;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.esp.userspace.MeshDevice;
import slash32.overlay.esp.userspace.UserspacePath;
import slash32.overlay.esp.xfrm.KernelEsp;
import slash32.overlay.esp.xfrm.XfrmPath;
import slash32.overlay.guard.GuardTerms;
import slash32.overlay.guard.Inside;
import slash32.overlay.guard.Way;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.exchange.Timers;
import slash32.overlay.ike.udp.IkeListener;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.overlay.pki.PeerCertificate;

/// IKE and the data path of this node, from the moment that somebody needs them. Owned by thread {@code mesh}, which
/// passes on to their threads what they are to do.
final class MeshKeys {
    private static final Logger LOG = LoggerFactory.getLogger(MeshKeys.class);

    /// Of the data path in user space; not of the names that are guests'.
    private static final InterfaceName DEVICE = new InterfaceName("mesh32");

    private static final int LINK_LOCAL_LENGTH = 64;

    private static final Inside GRE =
            new Inside(NodeDevices.Kind.GRE.prefix(), Carriage.GRE_PROTOCOL, Carriage.GRE.aroundBytes());

    /// Half-open IKE SAs from which cookies are asked for.
    private static final int COOKIES_FROM = 30;

    /// Everything: the routes say whose a packet is.
    private static final List<TrafficSelector> ALL =
            List.of(all("0.0.0.0", "255.255.255.255"), all("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));

    private final Terms terms;
    private final PeerJudges judges;
    private final IkeListener events;
    private final EspNode.Wants wants;
    /// Read by thread {@code ike} too.
    private final Map<Identity, PeerConfig> admitted = new ConcurrentHashMap<>();

    /// Nodes that guests' packets go to in GRE.
    private final Set<Ipv4Address> inGre = new HashSet<>();

    /// What peers proved themselves with last; written by thread {@code ike}.
    private final Map<Ipv4Address, PeerCertificate> certificates = new ConcurrentHashMap<>();

    private final List<Thread> threads = new ArrayList<>();
    private @Nullable EspNode esp;
    private boolean settled;

    /// @param external where other sites reach this node
    record Terms(
            OverlayConfig overlay,
            Ipv4Address underlay,
            Ipv4Address external,
            SasView.Carrier carrier,
            Starter starter) {}

    /// Starts a thread.
    @FunctionalInterface
    interface Starter {
        Thread start(String name, DataPath.Loop loop);
    }

    MeshKeys(Terms terms, IkeListener events, EspNode.Wants wants) {
        this.terms = terms;
        judges = new PeerJudges(terms.overlay.certificates(), terms.underlay, this::underlay);
        this.events = events;
        this.wants = wants;
    }

    private static TrafficSelector all(String first, String last) {
        return new TrafficSelector(0, 0, 65_535, IpAddress.parse(first), IpAddress.parse(last));
    }

    /// Who carries what crosses, in the calling thread's network namespace.
    static SasView.Carrier choose(OverlayConfig overlay, Ipv4Address external) {
        return switch (overlay.dataPath()) {
            case KERNEL -> new SasView.Carrier(SasView.Carrier.Kind.KERNEL, null);
            case USERSPACE -> new SasView.Carrier(SasView.Carrier.Kind.USERSPACE, null);
            case AUTO -> {
                String missing = KernelEsp.missing(external);
                yield new SasView.Carrier(
                        missing == null ? SasView.Carrier.Kind.KERNEL : SasView.Carrier.Kind.USERSPACE, missing);
            }
        };
    }

    /// What the guard of this configuration is told.
    static GuardTerms guarded(AgentConfig config, SasView.Carrier carrier) {
        HostProtectionConfig host = config.hostProtection();
        AdminNetwork admin = HostSettings.adminNetwork(config);
        return new GuardTerms(
                carrier.kind() == SasView.Carrier.Kind.KERNEL
                        ? new Way.KernelIpsec(NodeDevices.Kind.XFRM.prefix())
                        : new Way.Device(DEVICE),
                config.underlay().address(),
                config.external(),
                config.guests(),
                host == null ? Set.of() : host.failsafePorts(),
                HostSettings.tunnelPorts(config),
                HostSettings.limitedPorts(config).keySet(),
                Objects.requireNonNull(config.overlay()).mtuBytes(),
                config.carriages().contains(Carriage.GRE) ? List.of(GRE) : List.of(),
                admin == null
                        ? null
                        : new GuardTerms.Admin(admin.address(), admin.network(), admin.tcpPorts(), admin.udpPorts()));
    }

    SasView.Carrier carrier() {
        return terms.carrier;
    }

    private boolean isKernel() {
        return terms.carrier.kind() == SasView.Carrier.Kind.KERNEL;
    }

    /// Gives the peer's underlay address, if the identity is one.
    static void node(Identity identity, Consumer<Ipv4Address> then) {
        if (identity.type() == Identity.IPV4
                && identity.value().length() == 4
                && IpAddress.of(identity.value().toArray()) instanceof Ipv4Address node) {
            then.accept(node);
        }
    }

    /// Begins anew with the peer at this address, unless it is keyed: it may use SAs of an earlier run.
    void strayed(IpAddress external, Consumer<Ipv4Address> then) {
        admitted.forEach((identity, peer) -> {
            if (peer.path().remote().equals(external)) {
                node(identity, then);
            }
        });
    }

    /// Has IKE and the data path run, and their device there. Said again, it changes nothing.
    ///
    /// @throws IOException saying what is missing: certificates, an address, a device
    void open() throws IOException {
        if (esp != null) {
            return;
        }
        EspNode opened = EspNode.open(terms.external, this::openPath, config(), events, wants);
        esp = opened;
        admitted.values().forEach(peer -> opened.ike().execute((ike, _) -> ike.configure(peer)));
        threads.add(terms.starter.start("ike", opened.ike()::run));
        opened.path().loops().forEach((name, loop) -> threads.add(terms.starter.start(name, loop)));
        LOG.info(
                "event=other-sites-opened address={} data-path={}",
                terms.external,
                terms.carrier.kind().label());
        if (settled) {
            opened.path().settled();
        }
    }

    /// All peers that there are have been attached: what an earlier run left of others, or of another data path, goes.
    ///
    /// @return the peers that had keys there, which they may still send on
    Set<Ipv4Address> settled() throws IOException {
        settled = true;
        if (esp != null) {
            esp.path().settled();
        }
        try (NodeDevices gre = gre()) {
            gre.keep(inGre);
        }
        return esp == null || !isKernel() ? KernelEsp.clear() : Set.of();
    }

    private NodeDevices gre() throws IOException {
        return new NodeDevices(NodeDevices.Kind.GRE, terms.overlay.mtuBytes() - GRE.aroundBytes());
    }

    private DataPath openPath(PathListener listener) throws IOException {
        OverlayConfig.Rekey rekey = terms.overlay.rekey();
        var lifetime = new Lifetime(rekey.packets(), rekey.octets());
        if (isKernel()) {
            String missing = KernelEsp.missing(terms.external);
            if (missing != null) {
                throw new IOException("the kernel can not seal packets: " + missing);
            }
            return XfrmPath.open(terms.underlay, terms.external, terms.overlay.mtuBytes(), lifetime, listener);
        }
        BatchUdpSocket socket = BatchUdpSocket.bind(terms.external, Path.NAT_PORT);
        try {
            MeshDevice device = MeshDevice.open(DEVICE, terms.underlay, terms.overlay.mtuBytes());
            return UserspacePath.open(device, socket, lifetime, listener);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private NodeConfig config() throws IOException {
        PeerJudges.Read read = judges.read();
        OverlayConfig.Rekey rekey = terms.overlay.rekey();
        Timers usual = Timers.DEFAULT;
        var timers = new Timers(
                usual.retransmit(),
                usual.tries(),
                rekey.ike(),
                rekey.child(),
                usual.idle(),
                usual.linger(),
                usual.halfOpen());
        return new NodeConfig(
                read.credentials(),
                read.verifier(),
                List.of(KeyExchangeMethod.X25519, KeyExchangeMethod.P256),
                List.of(Prf.HMAC_SHA2_256, Prf.HMAC_SHA2_384),
                timers,
                !isKernel() || terms.overlay.encapsulation() == OverlayConfig.Encapsulation.UDP,
                COOKIES_FROM);
    }

    /// On thread {@code ike}: peers are known by the address that their node route has.
    private Optional<IpAddress> underlay(Identity claimed) {
        return admitted.containsKey(claimed)
                ? Optional.of(IpAddress.of(claimed.value().toArray()))
                : Optional.empty();
    }

    /// Reads certificates and lists again, and judges the peers by them.
    void identify() throws IOException {
        EspNode opened = esp;
        if (opened != null) {
            PeerJudges.Read fresh = judges.read();
            opened.ike().execute((ike, now) -> ike.identify(fresh.credentials(), fresh.verifier(), fresh.judge(), now));
        }
    }

    /// Lets a peer in, to whom packets go by this path.
    void admit(Encrypted path) {
        if (path.carriage() == Carriage.GRE) {
            inGre.add(path.node());
        }
        var peer = new PeerConfig(
                Identity.address(path.node()),
                new Path(terms.external, Path.IKE_PORT, path.external(), Path.IKE_PORT),
                ALL,
                ALL,
                false);
        admitted.put(peer.identity(), peer);
        if (esp != null) {
            esp.ike().execute((ike, _) -> ike.configure(peer));
        }
    }

    /// Ends all with a peer.
    void expel(Ipv4Address node) {
        Identity identity = Identity.address(node);
        admitted.remove(identity);
        certificates.remove(node);
        if (inGre.remove(node)) {
            try (NodeDevices gre = gre()) {
                gre.remove(node);
            } catch (IOException e) {
                LOG.warn("event=tunnel-not-removed node={} reason=\"{}\"", node, e.getMessage());
            }
        }
        if (esp != null) {
            esp.ike().execute((ike, now) -> ike.disconnect(identity, now));
            esp.path().detach(node);
        }
    }

    Crossings.Devices attach(Ipv4Address node) throws IOException {
        PeerConfig peer = admitted.get(Identity.address(node));
        if (esp == null || peer == null) {
            throw new IllegalStateException("attached before it was admitted: " + node);
        }
        InterfaceIndex sealed = esp.path().attach(node, peer);
        if (isKernel()) { // as the one device in user space has: echoes about the path go between these
            putLinkLocal(sealed);
        }
        if (!inGre.contains(node)) {
            return new Crossings.Devices(sealed, sealed);
        }
        try (NodeDevices gre = gre()) {
            InterfaceIndex tunnel = gre.putGre(node, terms.underlay, sealed);
            putLinkLocal(tunnel);
            return new Crossings.Devices(sealed, tunnel);
        }
    }

    private void putLinkLocal(InterfaceIndex device) throws IOException {
        try (NetlinkSocket rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
            rtnl.execute(new InterfaceAddress(device, DataPath.gateway6(terms.underlay), LINK_LOCAL_LENGTH).put());
        }
    }

    /// New authentic packets came on these SAs.
    void alive(Set<Integer> inboundSpis) {
        if (esp != null && !inboundSpis.isEmpty()) {
            esp.ike().execute((ike, now) -> ike.alive(inboundSpis, now));
        }
    }

    void connect(Ipv4Address node) {
        Identity identity = Identity.address(node);
        if (esp != null && admitted.containsKey(identity)) {
            esp.ike().execute((ike, now) -> ike.connect(identity, now));
        }
    }

    void release(Ipv4Address node) {
        if (esp != null) {
            esp.ike().execute((ike, now) -> ike.release(Identity.address(node), now));
        }
    }

    /// Looks at what a peer has proven itself with.
    void learn(Ipv4Address node) {
        if (esp != null) {
            esp.ike()
                    .execute((ike, _) -> ike.certificates(Identity.address(node)).stream()
                            .findFirst()
                            .flatMap(PeerCertificate::of)
                            .ifPresent(certificate -> certificates.put(node, certificate)));
        }
    }

    Map<Ipv4Address, PeerCertificate> certificates() {
        return Map.copyOf(certificates);
    }

    List<SaStatus> sas() {
        return esp == null ? List.of() : esp.path().sas();
    }

    Proofs proofs() {
        return judges.proofs(esp == null ? Map.of() : esp.ike().counters());
    }

    /// Packets of ESP so far whose SA is not there, where nobody says of which peer they were.
    long strayed() {
        return isKernel() ? drops().getOrDefault(Drop.UNKNOWN_SPI, 0L) : 0;
    }

    Map<Drop, Long> drops() {
        return esp == null ? Map.of() : esp.path().drops();
    }

    void close() {
        if (esp == null) {
            return;
        }
        esp.stop();
        threads.forEach(RoleThreads::join);
        esp.close();
    }
}
