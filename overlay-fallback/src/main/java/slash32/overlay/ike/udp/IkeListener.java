package slash32.overlay.ike.udp;

import slash32.overlay.ike.exchange.Action;

/// Takes what IKE decides, on its thread, in order. Datagrams and keepalives are not among it.
@FunctionalInterface
public interface IkeListener {
    /// One of {@code Established}, {@code NotRenewed}, {@code Lost}, {@code InstallInbound}, {@code UseOutbound},
    /// {@code Remove}, {@code ChildRefused}.
    void on(Action action);
}
