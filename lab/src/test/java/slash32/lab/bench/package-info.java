@NullMarked
package slash32.lab.bench;

import org.jspecify.annotations.NullMarked;
