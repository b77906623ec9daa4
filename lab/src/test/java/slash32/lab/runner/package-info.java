@NullMarked
package slash32.lab.runner;

import org.jspecify.annotations.NullMarked;
