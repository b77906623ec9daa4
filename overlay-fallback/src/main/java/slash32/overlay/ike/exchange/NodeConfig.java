package slash32.overlay.ike.exchange;

import java.util.List;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.Prf;

/// What this node offers and accepts of every peer.
///
/// @param keyExchanges best first
/// @param forceEncapsulation ESP in UDP without a NAT too: we say one where there is none
/// @param cookiesFrom as many peers that began and have not proven who they are; beyond, cookies are asked for
public record NodeConfig(
        Credentials credentials,
        Verifier verifier,
        List<KeyExchangeMethod> keyExchanges,
        List<Prf> prfs,
        Timers timers,
        boolean forceEncapsulation,
        int cookiesFrom) {
    public NodeConfig {
        keyExchanges = List.copyOf(keyExchanges);
        prfs = List.copyOf(prfs);
    }

    /// This with another identity.
    public NodeConfig with(Credentials other, Verifier otherVerifier) {
        return new NodeConfig(other, otherVerifier, keyExchanges, prfs, timers, forceEncapsulation, cookiesFrom);
    }
}
