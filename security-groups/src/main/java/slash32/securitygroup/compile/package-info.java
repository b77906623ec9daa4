/// Security groups and endpoint policies as nf_tables objects: which chains, maps, sets and rules, and who owns each.
///
/// Not how they get into the kernel. The layout is drawn in {@link slash32.securitygroup.compile.RulesetCompiler}.
/// Pure: no I/O, no clock. Entry types: {@link slash32.securitygroup.compile.RulesetCompiler},
/// {@link slash32.securitygroup.compile.Fragment}.
@NullMarked
package slash32.securitygroup.compile;

import org.jspecify.annotations.NullMarked;
