/// What tests of data paths share: ends with IKE of their own.
@NullMarked
package slash32.overlay.esp.path;

import org.jspecify.annotations.NullMarked;
