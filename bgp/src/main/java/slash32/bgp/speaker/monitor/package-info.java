/// What the speaker tells of itself: to BMP stations (RFC 7854), as MRT files (RFC 6396).
///
/// A shell: messages and records are made on thread {@code bgp} by {@link slash32.bgp.speaker.SessionMonitor}s, wait in
/// an {@link slash32.bgp.speaker.monitor.Outbox}, and are written by a thread each that may block. What can't be
/// written is given up: the speaker waits for nobody here. Entry types: {@link slash32.bgp.speaker.monitor.BmpLoop},
/// {@link slash32.bgp.speaker.monitor.MrtLoop}.
@NullMarked
package slash32.bgp.speaker.monitor;

import org.jspecify.annotations.NullMarked;
