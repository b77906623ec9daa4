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

    /// Has the requests carried out, as {@link #executeAll} does, while the caller goes on. One batch at a time.
    default Outcomes launch(List<? extends Outgoing> requests) throws IOException {
        List<@Nullable KernelException> outcomes = executeAll(requests);
        return () -> outcomes;
    }

    /// What becomes of a batch that was launched.
    interface Outcomes {
        /// Waits for them.
        ///
        /// @throws IOException as {@link #executeAll}
        List<@Nullable KernelException> await() throws IOException;
    }

    /// See {@link NetlinkSocket#dump}.
    void dump(Request request, Runnable restarted, Consumer<Message> each) throws IOException;

    /// See {@link NetlinkSocket#get}.
    void get(Request request, Consumer<Message> each) throws IOException;

    /// By {@code socket}.
    ///
    /// @param courier of what is launched, which reads tables too; null to have it done at once
    static Rtnl of(NetlinkSocket socket, @Nullable RouteCourier courier) {
        return new Rtnl() {
            @Override
            public Outcomes launch(List<? extends Outgoing> requests) throws IOException {
                return courier == null ? Rtnl.super.launch(requests) : courier.launch(requests);
            }

            @Override
            public List<@Nullable KernelException> executeAll(List<? extends Outgoing> requests) throws IOException {
                return socket.executeAll(requests);
            }

            @Override
            public void dump(Request request, Runnable restarted, Consumer<Message> each) throws IOException {
                if (courier == null) {
                    socket.dump(request, restarted, each);
                } else {
                    courier.dump(request, restarted, each);
                }
            }

            @Override
            public void get(Request request, Consumer<Message> each) throws IOException {
                socket.get(request, each);
            }
        };
    }
}
