/// Nodes of another site without agents: IKE and ESP in user space of many, in one process and one namespace.
///
/// Not guests, which the kernel plays on their TUNs. A shell, with three threads for each. Entry type:
/// {@link slash32.lab.mesh.MeshPeers}.
@NullMarked
package slash32.lab.mesh;

import org.jspecify.annotations.NullMarked;
