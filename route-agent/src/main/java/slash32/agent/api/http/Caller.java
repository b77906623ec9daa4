package slash32.agent.api.http;

import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;

/// The process at the other end of a Unix socket, as the kernel knew it when it connected (unix(7), SO_PEERCRED).
///
/// @param user its effective user id
/// @param groups its effective group id and the supplementary ones
public record Caller(int process, long user, Set<Long> groups) {
    private static final int SOL_SOCKET = 1;
    private static final int MAX_GROUPS = 1024;
    /// Beside the one group of SO_PEERCRED; asm-generic/socket.h.
    private static final RawUnixChannelOption SO_PEERGROUPS =
            new RawUnixChannelOption("SO_PEERGROUPS", SOL_SOCKET, 59, MAX_GROUPS * Integer.BYTES);

    public Caller {
        groups = Set.copyOf(groups);
    }

    /// Asks the kernel.
    ///
    /// @throws IOException if the connection is gone
    static Caller of(EpollDomainSocketChannel channel) throws IOException {
        PeerCredentials credentials = channel.peerCredentials();
        var groups = new HashSet<Long>();
        for (int group : credentials.gids()) {
            groups.add(Integer.toUnsignedLong(group));
        }
        addSupplementary(channel, groups);
        return new Caller(credentials.pid(), Integer.toUnsignedLong(credentials.uid()), groups);
    }

    /// The kernel doesn't say through Netty how many it wrote: a zero after the last one is no group. Whoever is in
    /// more than {@link #MAX_GROUPS} counts by the first alone.
    private static void addSupplementary(EpollDomainSocketChannel channel, Set<Long> groups) {
        try {
            ByteBuffer list = channel.config().getOption(SO_PEERGROUPS).order(ByteOrder.nativeOrder());
            while (list.remaining() >= Integer.BYTES) {
                int group = list.getInt();
                if (group != 0) {
                    groups.add(Integer.toUnsignedLong(group));
                }
            }
        } catch (ChannelException e) {
            // ERANGE, or a kernel before 4.13.
        }
    }
}
