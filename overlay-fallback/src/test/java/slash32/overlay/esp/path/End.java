package slash32.overlay.esp.path;

import java.io.IOException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.exchange.Credentials;
import slash32.overlay.ike.exchange.NodeConfig;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.exchange.Timers;
import slash32.overlay.ike.exchange.Verifier;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.testkit.NamedNetns;

/// One end of an encrypted overlay, in a namespace of its own: IKE and a data path. The certificate of an end is its
/// name.
public final class End {
    private static final Map<Identity, KeyPair> KEYS = new ConcurrentHashMap<>();
    private static final IpAddress FIRST = IpAddress.parse("0.0.0.0");
    private static final IpAddress LAST = IpAddress.parse("255.255.255.255");
    private static final List<TrafficSelector> ALL = List.of(new TrafficSelector(0, 0, 65_535, FIRST, LAST));

    public final String netns;
    public final Ipv4Address underlay;
    public final IpAddress external;
    private @Nullable Keyed node;

    public End(String netns, String underlay, String external) throws Exception {
        this.netns = netns;
        this.underlay = Ipv4Address.parse(underlay);
        this.external = IpAddress.parse(external);
        KEYS.put(identity(), KeyPairGenerator.getInstance("Ed25519").generateKeyPair());
    }

    public Identity identity() {
        return Identity.address(underlay);
    }

    public Keyed node() {
        return Objects.requireNonNull(node);
    }

    public DataPath path() {
        return node().path;
    }

    public void start(EspNode.Opener opener) throws Exception {
        node = NamedNetns.call(netns, () -> new Keyed(external, opener, config()));
    }

    public void stop() throws InterruptedException {
        node().stop();
    }

    public void attach(End other) throws IOException {
        var peer = new PeerConfig(
                other.identity(), new Path(external, Path.IKE_PORT, other.external, Path.IKE_PORT), ALL, ALL, false);
        node().ike.execute((ike, _) -> ike.configure(peer));
        path().attach(other.underlay, peer);
    }

    private NodeConfig config() {
        KeyPair keys = Objects.requireNonNull(KEYS.get(identity()));
        var credentials = new Credentials(
                identity(),
                List.of(identity().value()),
                keys.getPrivate(),
                SignatureScheme.of(keys.getPublic()),
                Bytes.copyOf(new byte[20]));
        var timers = new Timers(
                Duration.ofSeconds(2),
                6,
                Duration.ofHours(1),
                Duration.ofHours(1),
                Duration.ofSeconds(30),
                Duration.ofSeconds(2),
                Duration.ofSeconds(30));
        return new NodeConfig(
                credentials,
                End::verify,
                List.of(KeyExchangeMethod.X25519),
                List.of(Prf.HMAC_SHA2_256),
                timers,
                true,
                30);
    }

    private static Verifier.Verdict verify(Identity claimed, List<Bytes> certificates) {
        KeyPair keys = KEYS.get(claimed);
        return keys == null || !certificates.getFirst().equals(claimed.value())
                ? new Verifier.Verdict.Refused("nobody knows " + claimed)
                : new Verifier.Verdict.Trusted(keys.getPublic(), Duration.ofDays(90));
    }
}
