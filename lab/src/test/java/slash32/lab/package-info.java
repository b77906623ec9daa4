@NullMarked
package slash32.lab;

import org.jspecify.annotations.NullMarked;
