/// Which peers this node has keys with, and when: on demand, a few at a time, and not for longer than they are used.
///
/// Not IKE, which it only tells whom to connect to. Pure: no I/O, no clock. Entry type: {@link
/// slash32.overlay.mesh.Mesh}, owned by thread `mesh`.
@NullMarked
package slash32.overlay.mesh;

import org.jspecify.annotations.NullMarked;
