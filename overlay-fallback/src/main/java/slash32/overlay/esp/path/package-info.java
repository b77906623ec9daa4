/// What keys are for: the seam between IKE and whoever carries packets on the Child SAs that it agrees on.
///
/// Not a data path itself; {@code overlay.esp.userspace} is one. Entry types: {@link
/// slash32.overlay.esp.path.DataPath}, and {@link slash32.overlay.esp.path.EspNode}, which joins one with IKE.
@NullMarked
package slash32.overlay.esp.path;

import org.jspecify.annotations.NullMarked;
