/// `slash32 lab`: the lab's command line.
///
/// Not what the commands do. picocli; exit codes 0 fine, 1 failed, 2 usage. Entry type: {@link
/// slash32.lab.cli.LabCommand}.
@NullMarked
package slash32.lab.cli;

import org.jspecify.annotations.NullMarked;
