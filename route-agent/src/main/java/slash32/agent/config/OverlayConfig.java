package slash32.agent.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// How this node reaches others of other sites, encrypted.
///
/// @param certificates absolute path of the folder with {@code node.pem} and the others (docs/pki.md)
/// @param guests all addresses of the fabric's guests; empty for {@code endpointPrefixes}
/// @param pathMtuBytes between external addresses of sites: 1280 to 9216
/// @param dataPath who seals and opens packets
/// @param encapsulation whether ESP is in UDP where nothing on the way needs it
/// @param peers external addresses that may talk IKE to this node whether BGP names them or not, as often as they like
/// @param idle after this long without a packet a peer is let go
/// @param rekey after how much keys are replaced
/// @param admin null for a node that has no address in the admin network
public record OverlayConfig(
        Path certificates,
        List<Prefix> guests,
        int pathMtuBytes,
        DataPath dataPath,
        Encapsulation encapsulation,
        Set<Ipv4Address> peers,
        Duration idle,
        Rekey rekey,
        @Nullable Admin admin) {
    private static final Scalar<Prefix> PREFIX = new Scalar<>(Tag.STR, "a prefix", Prefix::parse);
    private static final int ADMIN_SHORTEST = 8;
    private static final int ADMIN_LONGEST = 30;
    private static final Scalar<Prefix> ADMIN_PREFIX =
            new Scalar<>(Tag.STR, "an IPv4 prefix of length 8 to 30", OverlayConfig::adminPrefix);
    private static final Scalar<DataPath> DATA_PATH =
            new Scalar<>(Tag.STR, "auto, kernel, userspace", OverlayConfig::dataPath);
    private static final Scalar<Encapsulation> ENCAPSULATION =
            new Scalar<>(Tag.STR, "auto, udp", OverlayConfig::encapsulation);
    private static final Scalar<Long> MTU = PolicyParser.number(1_280, 9_216);
    private static final Scalar<Long> AMOUNT = PolicyParser.number(1_000, Long.MAX_VALUE);
    private static final int DEFAULT_MTU = 1_500;
    private static final Duration DEFAULT_IDLE = Duration.ofMinutes(10);

    /// IP, UDP, ESP with its vector, ICV, and at the least two octets behind the packet (RFC 4303 §2, RFC 4106 §3).
    private static final int AROUND_BYTES = 20 + 8 + 8 + 8 + 16;

    private static final int TRAILER_BYTES = 2;

    /// Who seals and opens packets.
    public enum DataPath {
        /// The kernel where it can, else this process.
        AUTO,
        /// The kernel or nobody.
        KERNEL,
        USERSPACE
    }

    /// What ESP is in.
    public enum Encapsulation {
        /// UDP where a NAT is on the way or an end needs it, else IP.
        AUTO,
        UDP
    }

    /// After how much keys are replaced.
    ///
    /// @param ike of an IKE SA
    /// @param child of the SAs that carry packets, besides {@code packets} and {@code octets}
    public record Rekey(Duration ike, Duration child, long packets, long octets) {
        static final Rekey DEFAULT = new Rekey(Duration.ofHours(4), Duration.ofHours(1), 1L << 40, 1L << 44);
    }

    /// This node in the network between hypervisors.
    ///
    /// @param address in {@code prefix}
    /// @param prefix of IPv4: all addresses of nodes there
    public record Admin(Ipv4Address address, Prefix prefix) {}

    public OverlayConfig {
        guests = List.copyOf(guests);
        peers = Set.copyOf(peers);
    }

    static @Nullable OverlayConfig read(Section section) {
        var certificates = section.required("certificates", Scalar.ABSOLUTE_PATH);
        var guests = section.list("guests", PREFIX, List.of());
        var mtu = section.optional("pathMtu", MTU, (long) DEFAULT_MTU);
        var dataPath = section.optional("dataPath", DATA_PATH, DataPath.AUTO);
        var encapsulation = section.optional("encapsulation", ENCAPSULATION, Encapsulation.AUTO);
        var peers = section.list("peers", Scalar.IPV4, List.of());
        var idle = section.optional("idle", Scalar.KEY_LIFE, DEFAULT_IDLE);
        var rekey = section.optionalSection("rekey", OverlayConfig::rekey, Rekey.DEFAULT);
        var admin = section.optionalSection("admin", OverlayConfig::admin);
        return section.end()
                ? new OverlayConfig(
                        certificates.get(),
                        guests.get(),
                        mtu.get().intValue(),
                        dataPath.get(),
                        encapsulation.get(),
                        Set.copyOf(peers.get()),
                        idle.get(),
                        rekey.get(),
                        admin.value())
                : null;
    }

    private static DataPath dataPath(String text) {
        return named(DataPath.values(), text, "data path");
    }

    private static Encapsulation encapsulation(String text) {
        return named(Encapsulation.values(), text, "encapsulation");
    }

    private static <E extends Enum<E>> E named(E[] all, String text, String what) {
        return Arrays.stream(all)
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such " + what + ": '" + text + "'"));
    }

    private static @Nullable Admin admin(Section section) {
        var address = section.required("address", Scalar.IPV4);
        var prefix = section.required("prefix", ADMIN_PREFIX);
        if (address.value() != null && prefix.value() != null && !prefix.value().contains(address.value())) {
            section.problem(address, "address", address.value() + " is not in prefix " + prefix.value());
        }
        return section.end() ? new Admin(address.get(), prefix.get()) : null;
    }

    private static Prefix adminPrefix(String text) {
        Prefix prefix = Prefix.parse(text);
        if (!prefix.isIpv4() || prefix.length() < ADMIN_SHORTEST || prefix.length() > ADMIN_LONGEST) {
            throw new IllegalArgumentException("not such a prefix: " + prefix);
        }
        return prefix;
    }

    private static @Nullable Rekey rekey(Section section) {
        var ike = section.optional("ike", Scalar.KEY_LIFE, Rekey.DEFAULT.ike);
        var child = section.optional("child", Scalar.KEY_LIFE, Rekey.DEFAULT.child);
        var packets = section.optional("packets", AMOUNT, Rekey.DEFAULT.packets);
        var octets = section.optional("bytes", AMOUNT, Rekey.DEFAULT.octets);
        return section.end() ? new Rekey(ike.get(), child.get(), packets.get(), octets.get()) : null;
    }

    /// The largest packet of a guest that crosses whole: what is sealed is a multiple of four octets.
    public int mtuBytes() {
        return (pathMtuBytes - AROUND_BYTES) / 4 * 4 - TRAILER_BYTES;
    }
}
