/// Benchmarks of the fabric as a whole, on topologies of the lab.
///
/// Not measurements inside one program, which stand with the module that they measure. Needs root and the Debian
/// packages of the lab. Entry type: {@link slash32.lab.bench.EndpointLatency}; docs/design/lab.md says what is
/// measured.
@NullMarked
package slash32.lab.bench;

import org.jspecify.annotations.NullMarked;
