/// Containerlab topology files (`*.clab.yml`): read with places, checked strictly, inheritance resolved.
///
/// Not their execution, which is {@code slash32.lab.runner}. Follows https://containerlab.dev/manual/topo-def-file;
/// what is supported, ignored and refused is in docs/design/lab.md. Entry type: {@link
/// slash32.lab.topology.TopologyFile}.
@NullMarked
package slash32.lab.topology;

import org.jspecify.annotations.NullMarked;
