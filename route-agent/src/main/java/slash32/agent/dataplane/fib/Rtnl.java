package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Message;
import slash32.netlink.message.Outgoing;
import slash32.netlink.message.Request;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;

/// Where requests go: a netlink socket, or in a test a kernel of messages with faults.
interface Rtnl {
    /// See {@link NetlinkSocket#executeAll}.
    List<@Nullable KernelException> executeAll(List<? extends Outgoing> requests) throws IOException;

    /// See {@link NetlinkSocket#dump}.
    void dump(Request request, Runnable restarted, Consumer<Message> each) throws IOException;

    /// See {@link NetlinkSocket#get}.
    void get(Request request, Consumer<Message> each) throws IOException;

    static Rtnl of(NetlinkSocket socket) {
        return new Rtnl() {
            @Override
            public List<@Nullable KernelException> executeAll(List<? extends Outgoing> requests) throws IOException {
                return socket.executeAll(requests);
            }

            @Override
            public void dump(Request request, Runnable restarted, Consumer<Message> each) throws IOException {
                socket.dump(request, restarted, each);
            }

            @Override
            public void get(Request request, Consumer<Message> each) throws IOException {
                socket.get(request, each);
            }
        };
    }
}
