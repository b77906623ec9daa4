/// How packets to a remote hypervisor travel: native, by the encrypted overlay, or not at all.
///
/// Not the overlay itself. A destination's site is that of its NEXT_HOP's node route
/// (docs/adr/0006-unknown-site-is-refused.md). Pure: no I/O, no clock. Entry type: {@link
/// slash32.overlay.choice.Path}.
@NullMarked
package slash32.overlay.choice;

import org.jspecify.annotations.NullMarked;
