/// Tests of certificates and their authority.
@NullMarked
package slash32.overlay.pki;

import org.jspecify.annotations.NullMarked;
