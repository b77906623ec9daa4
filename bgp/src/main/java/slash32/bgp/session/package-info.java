/// The session of one peer: RFC 4271 §8 with collision resolution (§6.8), OPEN negotiation (§6.2, RFC 5492) and the
/// capabilities of graceful restart (RFC 4724).
///
/// Not the routes: an UPDATE is only a sign of life here, and which families' routes outlive a session is said without
/// knowing one of them. Machines: events and time in, actions and a deadline out. Pure: no I/O, no clock, no
/// randomness. Entry types: {@link slash32.bgp.session.SessionMachine}, {@link slash32.bgp.session.RestartMachine}.
@NullMarked
package slash32.bgp.session;

import org.jspecify.annotations.NullMarked;
