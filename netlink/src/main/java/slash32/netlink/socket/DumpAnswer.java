package slash32.netlink.socket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// What came of a dump so far (netlink(7)).
final class DumpAnswer {
    private static final int ATTEMPTS = 5;

    private final Request request;
    private final int sequence;
    private final Consumer<Message> each;
    private boolean ended;
    private boolean interrupted;
    private @Nullable KernelException refused;

    /// @param sequence of the request
    /// @param each takes the messages of the table
    DumpAnswer(Request request, int sequence, Consumer<Message> each) {
        this.request = request;
        this.sequence = sequence;
        this.each = each;
    }

    /// One read of the table.
    interface Attempt {
        /// True if the table changed under it.
        boolean isInterrupted() throws IOException;
    }

    /// Reads until the table holds still.
    ///
    /// @param restarted called before each further attempt
    static void untilConsistent(Request request, Runnable restarted, Attempt attempt) throws IOException {
        for (int tried = 1; attempt.isInterrupted(); tried++) {
            if (tried == ATTEMPTS) {
                throw new IOException(request + ": changed under each of " + ATTEMPTS + " reads");
            }
            restarted.run();
        }
    }

    void take(ByteBuffer datagram) {
        Message.split(datagram, this::take);
    }

    private void take(Message message) {
        if (message.sequence() != sequence) {
            return; // what a request that timed out left behind
        }
        interrupted |= (message.flags() & Nl.NLM_F_DUMP_INTR) != 0;
        if (ends(message)) {
            ended = true;
            if (message.errno() != 0) {
                refused = new KernelException(request.toString(), new Errno(message.errno()), message.extendedAck());
            }
        } else {
            each.accept(message);
        }
    }

    /// True if the answer to request {@code sequence} ends in the datagram.
    static boolean ends(ByteBuffer datagram, int sequence) {
        boolean[] ends = new boolean[1];
        Message.split(datagram, message -> ends[0] |= message.sequence() == sequence && ends(message));
        return ends[0];
    }

    private static boolean ends(Message message) {
        return message.isDone() || message.isError();
    }

    boolean ended() {
        return ended;
    }

    /// Call it once {@link #ended}.
    ///
    /// @return true if the table changed under it
    /// @throws KernelException if the kernel refused it
    boolean isInterrupted() throws KernelException {
        if (refused != null) {
            throw refused;
        }
        return interrupted;
    }
}
