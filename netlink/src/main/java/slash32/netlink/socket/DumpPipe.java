package slash32.netlink.socket;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;

/// One read of a table by two threads: the owner of a socket receives, which is when the kernel makes the messages, and
/// another one takes them.
public final class DumpPipe {
    /// No datagram of a dump is longer (netlink_dump).
    static final int DATAGRAM_BYTES = 32 * 1024;

    private static final int DATAGRAMS_MAX = 8;

    private final Request request;
    private final BlockingQueue<NativeBuffer> free = new ArrayBlockingQueue<>(DATAGRAMS_MAX);
    private final BlockingQueue<Step> steps = new ArrayBlockingQueue<>(DATAGRAMS_MAX + 1);

    private sealed interface Step {
        /// @param sequence of the request
        record Received(NativeBuffer datagram, int length, int sequence) implements Step {}

        record Failed(IOException why) implements Step {}
    }

    private DumpPipe(Request request) {
        this.request = request;
    }

    /// Reads a whole table, anew when the kernel says that it changed meanwhile, and returns once it is taken.
    ///
    /// @param request with NLM_F_DUMP
    /// @param begin has another thread call {@link #receive}
    /// @param restarted called before each further attempt, to forget what {@code each} was given
    /// @throws IOException as {@link NetlinkSocket#dump}
    public static void dump(Request request, Consumer<DumpPipe> begin, Runnable restarted, Consumer<Message> each)
            throws IOException {
        DumpAnswer.untilConsistent(request, restarted, () -> {
            var pipe = new DumpPipe(request);
            begin.accept(pipe);
            return pipe.take(each);
        });
    }

    private boolean take(Consumer<Message> each) throws IOException {
        DumpAnswer answer = null;
        while (answer == null || !answer.ended()) {
            switch (next()) {
                case Step.Received(NativeBuffer datagram, int length, int sequence) -> {
                    answer = answer == null ? new DumpAnswer(request, sequence, each) : answer;
                    answer.take(datagram.bytes().clear().limit(length));
                    free.add(datagram);
                }
                case Step.Failed(IOException why) -> throw why;
            }
        }
        return answer.isInterrupted();
    }

    private Step next() throws IOException {
        try {
            return steps.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /// Receives the table by {@code socket}, on the thread that owns it, as fast as it is taken.
    public void receive(NetlinkSocket socket) throws InterruptedException {
        try {
            socket.dump(request, this);
        } catch (IOException e) {
            steps.put(new Step.Failed(e));
        }
    }

    void lend(List<NativeBuffer> buffers) {
        free.addAll(buffers);
    }

    NativeBuffer free() throws InterruptedException {
        return free.take();
    }

    void received(NativeBuffer datagram, int length, int sequence) throws InterruptedException {
        steps.put(new Step.Received(datagram, length, sequence));
    }
}
