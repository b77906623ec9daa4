/// X.509 for IKE: whom a node trusts, what it proves itself with, and a small authority for labs and small fabrics (RFC
/// 5280, RFC 4945).
///
/// No IKE exchanges, and no renewal by itself. Reads and writes files. Entry types: {@link
/// slash32.overlay.pki.PeerVerifier}, {@link slash32.overlay.pki.NodeFolder}, {@link
/// slash32.overlay.pki.AuthorityFolder}.
@NullMarked
package slash32.overlay.pki;

import org.jspecify.annotations.NullMarked;
