/// Tests of ESP by the kernel: what this machine's kernel can, and all of it in a VM with Debian's.
@NullMarked
package slash32.overlay.esp.xfrm;

import org.jspecify.annotations.NullMarked;
