@NullMarked
package slash32.lab.topology;

import org.jspecify.annotations.NullMarked;
