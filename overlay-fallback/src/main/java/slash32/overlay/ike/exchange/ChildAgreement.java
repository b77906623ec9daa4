package slash32.overlay.ike.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.overlay.ike.crypto.IkeKeys;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.Payload;
import slash32.overlay.ike.wire.TrafficSelector;

/// What becomes of a peer's wish for a Child SA (RFC 7296 §1.2, §1.3.1, §2.9).
sealed interface ChildAgreement {
    /// It is refused.
    record No(Payload.Notify why) implements ChildAgreement {}

    /// It is granted, narrowed to what both allow.
    ///
    /// @param exchange null if it is of IKE_AUTH
    record Yes(
            IkeSa sa,
            Proposals.EspSuite suite,
            KeyExchangeMethod.@Nullable Answer exchange,
            List<TrafficSelector> local,
            List<TrafficSelector> remote,
            boolean transport,
            int spi)
            implements ChildAgreement {
        ChildSa child(Bytes nonces) {
            IkeKeys.EspKeys keys = keys(sa, suite, nonces, exchange == null ? null : exchange.secret());
            return new ChildSa(
                    sa.peer().identity(),
                    spi,
                    Proposals.spi32(suite.spi()),
                    keys.fromInitiator(),
                    keys.fromResponder(),
                    suite.esn(),
                    transport,
                    sa.encapsulated(),
                    local,
                    remote,
                    sa.path);
        }

        /// The payloads of the answer.
        List<Payload> payloads(List<Payload> nonce) {
            var payloads = new ArrayList<Payload>();
            payloads.add(suite.answer(spi));
            payloads.addAll(nonce);
            if (exchange != null && suite.method() != null) {
                payloads.add(new Payload.KeyExchange(suite.method().code(), exchange.value()));
            }
            payloads.add(new Payload.TrafficSelectors(true, remote));
            payloads.add(new Payload.TrafficSelectors(false, local));
            if (transport) {
                payloads.add(Payload.Notify.of(NotifyType.USE_TRANSPORT_MODE));
            }
            return payloads;
        }
    }

    static ChildAgreement on(
            IkeSa sa,
            Message request,
            Payload.SecurityAssociation offer,
            List<TrafficSelector> allowedLocal,
            List<TrafficSelector> allowedRemote) {
        Optional<Payload.KeyExchange> offered = request.first(Payload.KeyExchange.class);
        int preferred = offered.map(Payload.KeyExchange::method).orElse(0);
        Optional<Proposals.EspSuite> suite = Proposals.chooseEsp(sa.node.config, offer, preferred);
        if (suite.isEmpty()) {
            return new No(Payload.Notify.of(NotifyType.NO_PROPOSAL_CHOSEN));
        }
        KeyExchangeMethod method = suite.get().method();
        Optional<KeyExchangeMethod.Answer> exchange = Optional.empty();
        if (method != null) {
            if (method.code() != preferred || offered.isEmpty()) {
                return new No(Handshake.invalidKe(method));
            }
            exchange = method.answer(offered.get().value(), sa.node.random);
            if (exchange.isEmpty()) {
                return new No(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
            }
        }
        List<TrafficSelector> local = narrowed(allowedLocal, request, false);
        List<TrafficSelector> remote = narrowed(allowedRemote, request, true);
        if (local.isEmpty() || remote.isEmpty()) {
            return new No(Payload.Notify.of(NotifyType.TS_UNACCEPTABLE));
        }
        boolean transport = sa.peer().transport() && request.has(NotifyType.USE_TRANSPORT_MODE);
        return new Yes(sa, suite.get(), exchange.orElse(null), local, remote, transport, sa.node.newChildSpi());
    }

    /// The selectors of {@code message} as far as they are allowed.
    ///
    /// @param ofInitiator whose; else the responder's
    static List<TrafficSelector> narrowed(List<TrafficSelector> allowed, Message message, boolean ofInitiator) {
        List<TrafficSelector> asked = message.all(Payload.TrafficSelectors.class)
                .filter(selectors -> selectors.ofInitiator() == ofInitiator)
                .findFirst()
                .map(Payload.TrafficSelectors::selectors)
                .orElse(List.of());
        return allowed.stream()
                .flatMap(one -> asked.stream().flatMap(other -> one.intersection(other).stream()))
                .distinct()
                .toList();
    }

    /// The keys of a Child SA.
    ///
    /// @param secret of a key exchange of its own; null for none
    static IkeKeys.EspKeys keys(IkeSa sa, Proposals.EspSuite suite, Bytes nonces, @Nullable Secret secret) {
        return sa.keys().child(nonces, secret == null ? new byte[0] : secret.toArray(), suite.keyBytes());
    }
}
