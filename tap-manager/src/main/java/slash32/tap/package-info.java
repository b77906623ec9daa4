/// A guest's interface on the host: the TAP with its settings, the gateway's addresses on it, the guest's neighbour
/// entries and host routes, and the loop that answers the guest in the gateway's name.
///
/// Not the guest's rules, and not what other hypervisors are told. Doctrine in docs/design/tap.md. Entry types: the
/// tables ({@link slash32.tap.TapTable} first), {@link slash32.tap.TapObserver} and {@link slash32.tap.GatewayLoop}.
/// The tables belong to one thread, "kernel".
@NullMarked
package slash32.tap;

import org.jspecify.annotations.NullMarked;
