/// The BGP speaker: TCP, one event loop, and between them nothing but moving bytes and arming one timer for each
/// peer.
///
/// What a session does is {@code slash32.bgp.session}'s; which path is best is {@code slash32.bgp.rib}'s. Everything
/// here runs on thread {@code bgp}. Entry type: {@link slash32.bgp.speaker.Speaker}.
@NullMarked
package slash32.bgp.speaker;

import org.jspecify.annotations.NullMarked;
