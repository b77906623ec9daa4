@NullMarked
package slash32.lab.scenario;

import org.jspecify.annotations.NullMarked;
