@NullMarked
package slash32.lab.cable;

import org.jspecify.annotations.NullMarked;
