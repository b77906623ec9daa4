package slash32.agent.status;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.mesh.Mesh;
import slash32.overlay.pki.PeerCertificate;

/// The node's keys with nodes of other sites.
///
/// @param carrier null for a node without peers in other sites
/// @param peers in order of addresses
/// @param drops packets that the data path dropped, by reason
public record SasView(
        @Nullable Carrier carrier, List<PeerKeys> peers, Map<String, Long> drops, Guard guard, Proofs proofs) {
    /// No peer at all.
    public static final SasView NONE =
            new SasView(null, List.of(), Map.of(), new Guard(true, 0, Map.of()), Proofs.NONE);

    /// What the guard between sites is and did.
    ///
    /// @param inForce false if others changed its table and it could not be put right
    /// @param repairs how often it was put right
    /// @param drops packets that it dropped, by reason
    public record Guard(boolean inForce, long repairs, Map<String, Long> drops) {
        public Guard {
            drops = Map.copyOf(drops);
        }
    }

    /// Who seals and opens packets.
    ///
    /// @param instead why it is not the kernel, which was preferred; null if all is as configured or preferred
    public record Carrier(Kind kind, @Nullable String instead) {
        public enum Kind {
            KERNEL("kernel"),
            USERSPACE("user space");

            private final String text;

            Kind(String text) {
                this.text = text;
            }

            /// For people.
            public String text() {
                return text;
            }

            /// As the configuration has it.
            public String label() {
                return name().toLowerCase(Locale.ROOT);
            }
        }

        public boolean isFallback() {
            return instead != null;
        }
    }

    /// One peer.
    ///
    /// @param node its underlay address, which it has to prove
    /// @param why it has no keys, or had none before; null if nothing went wrong
    /// @param certificate what it proved itself with; null before it did
    public record PeerKeys(
            Ipv4Address node,
            Ipv4Address external,
            Mesh.Phase phase,
            @Nullable String why,
            @Nullable PeerCertificate certificate,
            List<Sa> sas) {
        public PeerKeys {
            sas = List.copyOf(sas);
        }

        /// Packets to it can leave now.
        public boolean isKeyed() {
            return sas.stream().anyMatch(sa -> sa.status.used());
        }
    }

    /// One pair of ESP SAs.
    ///
    /// @param since null if it began just now
    public record Sa(SaStatus status, @Nullable Instant since) {
        /// {@code udp}, or {@code none} where ESP is in IP itself.
        public String encapsulation() {
            return status.child().encapsulated() ? "udp" : "none";
        }

        /// {@code AES-256-GCM} and the like.
        public String algorithm() {
            int keyBits = 8 * (status.child().inboundKey().length() - 4);
            return "AES-" + keyBits + "-GCM" + (status.child().esn() ? " ESN" : "");
        }
    }

    public SasView {
        peers = List.copyOf(peers);
        drops = Map.copyOf(drops);
    }

    /// What there is with a node of another site; null if nothing is known of it.
    public @Nullable PeerKeys peer(Ipv4Address node) {
        return peers.stream().filter(peer -> peer.node.equals(node)).findFirst().orElse(null);
    }

    /// Joins what the mesh, the routes and the data path know.
    public static SasView of(
            Carrier carrier,
            List<Mesh.Status> mesh,
            Map<Ipv4Address, Ipv4Address> externals,
            Map<Ipv4Address, PeerCertificate> certificates,
            List<SaStatus> sas,
            IntFunction<@Nullable Instant> since,
            Map<Drop, Long> drops,
            Guard guard,
            Proofs proofs) {
        var peers = new ArrayList<PeerKeys>();
        for (Mesh.Status one : mesh) {
            Ipv4Address external = externals.get(one.node());
            if (external != null) {
                Identity identity = Identity.address(one.node());
                List<Sa> its = sas.stream()
                        .filter(sa -> sa.child().peer().equals(identity))
                        .map(sa -> new Sa(sa, since.apply(sa.child().inboundSpi())))
                        .toList();
                peers.add(
                        new PeerKeys(one.node(), external, one.phase(), one.why(), certificates.get(one.node()), its));
            }
        }
        peers.sort(Comparator.comparing(PeerKeys::node));
        var reasons = new TreeMap<String, Long>();
        drops.forEach((why, count) -> reasons.put(label(why), count));
        return new SasView(carrier, peers, reasons, guard, proofs);
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
