/// ESP with AES-GCM in user space: one SA's direction each (RFC 4303, RFC 4106), the anti-replay window, and which SA a
/// packet may use (RFC 4301 §4.4.1).
///
/// No IKE, and no ESP of the kernel's. Pure: no I/O, no clock. Entry types: {@link slash32.overlay.esp.OutboundSa},
/// {@link slash32.overlay.esp.InboundSa}, {@link slash32.overlay.esp.SaTable}.
@NullMarked
package slash32.overlay.esp;

import org.jspecify.annotations.NullMarked;
