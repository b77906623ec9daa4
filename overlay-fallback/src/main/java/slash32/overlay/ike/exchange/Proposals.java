package slash32.overlay.ike.exchange;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;
import slash32.overlay.ike.wire.Payload;
import slash32.overlay.ike.wire.Proposal;
import slash32.overlay.ike.wire.Transform;

/// What is offered, and what is chosen of an offer (RFC 7296 §2.7, §3.3).
final class Proposals {
    private static final List<Integer> KEY_BITS = List.of(256, 128);
    private static final int SALT_BITS = 32;

    private Proposals() {}

    /// Algorithms of an IKE SA.
    ///
    /// @param number of the proposal that they were chosen from
    record IkeSuite(int number, Bytes spi, int keyBits, Prf prf, KeyExchangeMethod method) {
        int cipherKeyBytes() {
            return (keyBits + SALT_BITS) / 8;
        }

        Payload.SecurityAssociation answer(Bytes ownSpi) {
            var transforms = List.of(
                    Transform.aesGcm(keyBits),
                    Transform.of(Transform.PRF, prf.code()),
                    Transform.of(Transform.KEY_EXCHANGE, method.code()));
            return new Payload.SecurityAssociation(List.of(new Proposal(number, Proposal.IKE, ownSpi, transforms)));
        }
    }

    /// Algorithms of a Child SA.
    ///
    /// @param method of a key exchange of its own, if any
    record EspSuite(
            int number,
            Bytes spi,
            int keyBits,
            boolean esn,
            @Nullable KeyExchangeMethod method) {
        int keyBytes() {
            return (keyBits + SALT_BITS) / 8;
        }

        Payload.SecurityAssociation answer(int ownSpi) {
            var transforms = new ArrayList<>(
                    List.of(Transform.aesGcm(keyBits), Transform.of(Transform.SEQUENCE_NUMBERS, esn ? 1 : 0)));
            if (method != null) {
                transforms.add(Transform.of(Transform.KEY_EXCHANGE, method.code()));
            }
            return new Payload.SecurityAssociation(
                    List.of(new Proposal(number, Proposal.ESP, bytes(ownSpi), transforms)));
        }
    }

    static Payload.SecurityAssociation offerIke(NodeConfig config, Bytes spi) {
        List<Transform> transforms = Stream.of(
                        KEY_BITS.stream().map(Transform::aesGcm),
                        config.prfs().stream().map(prf -> Transform.of(Transform.PRF, prf.code())),
                        methods(config))
                .flatMap(all -> all)
                .toList();
        return new Payload.SecurityAssociation(List.of(new Proposal(1, Proposal.IKE, spi, transforms)));
    }

    static Payload.SecurityAssociation offerEsp(NodeConfig config, int spi, boolean ownKeyExchange) {
        List<Transform> transforms = Stream.of(
                        KEY_BITS.stream().map(Transform::aesGcm),
                        Stream.of(1, 0).map(esn -> Transform.of(Transform.SEQUENCE_NUMBERS, esn)),
                        ownKeyExchange ? methods(config) : Stream.<Transform>empty())
                .flatMap(all -> all)
                .toList();
        return new Payload.SecurityAssociation(List.of(new Proposal(1, Proposal.ESP, bytes(spi), transforms)));
    }

    private static Stream<Transform> methods(NodeConfig config) {
        return config.keyExchanges().stream().map(method -> Transform.of(Transform.KEY_EXCHANGE, method.code()));
    }

    /// The first proposal that has all that we need, and of it what we like best.
    ///
    /// @param preferred the method of the peer's KE payload, taken if it can be
    static Optional<IkeSuite> chooseIke(NodeConfig config, Payload.SecurityAssociation offer, int preferred) {
        for (Proposal proposal : offer.proposals()) {
            if (proposal.protocol() != Proposal.IKE || needsOther(proposal)) {
                continue;
            }
            Optional<Integer> bits = keyBits(proposal);
            Optional<Prf> prf = config.prfs().stream()
                    .filter(one -> has(proposal, Transform.PRF, one.code()))
                    .findFirst();
            Optional<KeyExchangeMethod> method = method(config, proposal, preferred);
            if (bits.isPresent() && prf.isPresent() && method.isPresent()) {
                return Optional.of(
                        new IkeSuite(proposal.number(), proposal.spi(), bits.get(), prf.get(), method.get()));
            }
        }
        return Optional.empty();
    }

    /// The same for a Child SA; one without a key exchange of its own is accepted where the offer has none.
    static Optional<EspSuite> chooseEsp(NodeConfig config, Payload.SecurityAssociation offer, int preferred) {
        for (Proposal proposal : offer.proposals()) {
            if (proposal.protocol() != Proposal.ESP || proposal.spi().length() != 4 || needsOther(proposal)) {
                continue;
            }
            Optional<Integer> bits = keyBits(proposal);
            boolean esn = has(proposal, Transform.SEQUENCE_NUMBERS, 1);
            boolean short32 = has(proposal, Transform.SEQUENCE_NUMBERS, 0)
                    || proposal.of(Transform.SEQUENCE_NUMBERS).findAny().isEmpty();
            boolean keyed = proposal.of(Transform.KEY_EXCHANGE).anyMatch(transform -> transform.id() != 0);
            Optional<KeyExchangeMethod> method = method(config, proposal, preferred);
            if (bits.isPresent() && (esn || short32) && (!keyed || method.isPresent())) {
                return Optional.of(
                        new EspSuite(proposal.number(), proposal.spi(), bits.get(), esn, method.orElse(null)));
            }
        }
        return Optional.empty();
    }

    /// A kind of transform that we don't know, or integrity beside the AEAD (RFC 5282 §8).
    private static boolean needsOther(Proposal proposal) {
        boolean strange = proposal.transforms().stream().anyMatch(one -> one.type() > Transform.SEQUENCE_NUMBERS);
        boolean integrity =
                proposal.of(Transform.INTEGRITY).findAny().isPresent() && !has(proposal, Transform.INTEGRITY, 0);
        return strange || integrity;
    }

    private static Optional<Integer> keyBits(Proposal proposal) {
        return KEY_BITS.stream()
                .filter(bits -> proposal.transforms().contains(Transform.aesGcm(bits)))
                .findFirst();
    }

    private static Optional<KeyExchangeMethod> method(NodeConfig config, Proposal proposal, int preferred) {
        List<KeyExchangeMethod> both = config.keyExchanges().stream()
                .filter(one -> has(proposal, Transform.KEY_EXCHANGE, one.code()))
                .toList();
        return both.stream()
                .filter(one -> one.code() == preferred)
                .findFirst()
                .or(() -> both.stream().findFirst());
    }

    private static boolean has(Proposal proposal, int type, int id) {
        return proposal.transforms().contains(Transform.of(type, id));
    }

    static Bytes bytes(int spi) {
        return Bytes.copyOf(ByteBuffer.allocate(4).putInt(spi).array());
    }

    static Bytes bytes(long spi) {
        return Bytes.copyOf(ByteBuffer.allocate(8).putLong(spi).array());
    }

    static int spi32(Bytes spi) {
        return ByteBuffer.wrap(spi.toArray()).getInt();
    }

    static long spi64(Bytes spi) {
        return ByteBuffer.wrap(spi.toArray()).getLong();
    }
}
