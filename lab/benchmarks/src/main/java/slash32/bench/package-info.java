/// Benchmarks of single parts, with JMH: what a route costs in the codec and in each table. {@code make bench-micro}.
@NullMarked
package slash32.bench;

import org.jspecify.annotations.NullMarked;
