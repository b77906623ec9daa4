/// What network devices do for the kernel (ethtool(8), linux/ethtool.h).
///
/// Changes nothing. Entry type: {@link slash32.netlink.ethtool.Ethtool}, for one thread.
@NullMarked
package slash32.netlink.ethtool;

import org.jspecify.annotations.NullMarked;
