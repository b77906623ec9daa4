/// The BGP speaker: TCP and one event loop, on which octets become routes of peers, and ours octets for them.
///
/// A shell: what a session does is {@code slash32.bgp.session}'s to say, what a message says {@code
/// slash32.bgp.wire}'s, what may pass {@code slash32.bgp.policy}'s, which path is best {@code slash32.bgp.rib}'s;
/// docs/design/bgp.md draws the way. Everything here runs on thread {@code bgp}. Entry type: {@link
/// slash32.bgp.speaker.Speaker}.
@NullMarked
package slash32.bgp.speaker;

import org.jspecify.annotations.NullMarked;
