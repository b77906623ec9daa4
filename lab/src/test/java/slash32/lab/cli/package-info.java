@NullMarked
package slash32.lab.cli;

import org.jspecify.annotations.NullMarked;
