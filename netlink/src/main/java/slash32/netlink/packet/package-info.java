/// Raw frames on interfaces (packet(7)).
///
/// Entry type: {@link slash32.netlink.packet.PacketSocket}; one thread receives, any may close.
@NullMarked
package slash32.netlink.packet;

import org.jspecify.annotations.NullMarked;
