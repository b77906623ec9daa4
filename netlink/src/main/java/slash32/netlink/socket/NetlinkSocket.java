package slash32.netlink.socket;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Outgoing;
import slash32.netlink.message.Request;

/// A netlink socket for requests: one at a time, in pipelined batches, or as a transaction; and for dumps
/// (netlink(7)).
///
/// Strict checking, extended acknowledgements and a receive time-out are on, so that nothing is silently ignored
/// and nothing waits for ever. At log level TRACE every datagram is printed, but none of XFRM, which hold keys.
/// Owned by one thread.
public final class NetlinkSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NetlinkSocket.class);

    private static final int SEND_BYTES = 256 * 1024;
    private static final int RECEIVE_BYTES = 256 * 1024;
    private static final int KERNEL_RECEIVE_BYTES = 8 * 1024 * 1024;
    private static final int TIMEOUT_SECONDS = 5;
    /// Requests written by one send: large enough to spread the call's cost, small enough to hold rtnl briefly.
    private static final int BATCH_REQUESTS = 64;

    private static final int AF_NETLINK = 16;
    private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
    private static final int SO_RCVTIMEO = 20;
    /// Has a receive say how long the datagram was, and not what there was room for.
    private static final int MSG_TRUNC = 0x20;
    private static final int SOL_NETLINK = 270;
    private static final int NETLINK_CAP_ACK = 10;
    private static final int NETLINK_EXT_ACK = 11;
    private static final int NETLINK_GET_STRICT_CHK = 12;
    static final int NETLINK_ADD_MEMBERSHIP = 1;

    private final FileDescriptor descriptor;
    private final NativeBuffer out = NativeBuffer.allocate(SEND_BYTES);
    private final NativeBuffer in = NativeBuffer.allocate(RECEIVE_BYTES);
    private final int port;
    private final boolean holdsKeys;
    private int sequence;

    private NetlinkSocket(FileDescriptor descriptor, int port, boolean holdsKeys) {
        this.descriptor = descriptor;
        this.port = port;
        this.holdsKeys = holdsKeys;
    }

    /// Opens a socket in the calling thread's network namespace.
    public static NetlinkSocket open(NetlinkProtocol protocol) throws IOException {
        FileDescriptor descriptor = openRaw(protocol, KERNEL_RECEIVE_BYTES);
        SocketOption.set(descriptor, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
        SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUFFORCE, 4 * SEND_BYTES);
        NativeBuffer timeout = NativeBuffer.allocate(16);
        timeout.bytes().putLong(0, TIMEOUT_SECONDS);
        SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SO_RCVTIMEO, timeout);
        return new NetlinkSocket(descriptor, portOf(descriptor), protocol == NetlinkProtocol.XFRM);
    }

    private static int portOf(FileDescriptor descriptor) throws IOException {
        NativeBuffer address = NativeBuffer.allocate(12);
        NativeBuffer length = NativeBuffer.allocate(4);
        length.bytes().putInt(0, 12);
        FileDescriptor.check(
                Libc.INSTANCE.getsockname(descriptor.value(), address.pointer(), length.pointer()),
                "get the port of a netlink socket");
        return address.bytes().getInt(4);
    }

    /// The socket's address. An event with this {@link Message#port} is the echo of what this socket asked for.
    public int port() {
        return port;
    }

    static FileDescriptor openRaw(NetlinkProtocol protocol, int receiveBytes) throws IOException {
        FileDescriptor descriptor = FileDescriptor.of(
                Libc.INSTANCE.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol.number), "open netlink socket " + protocol);
        NativeBuffer address = NativeBuffer.allocate(12);
        address.bytes().putShort(0, (short) AF_NETLINK);
        FileDescriptor.check(
                Libc.INSTANCE.bind(descriptor.value(), address.pointer(), 12), "bind netlink socket " + protocol);
        SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SocketOption.SO_RCVBUFFORCE, receiveBytes);
        SocketOption.set(descriptor, SOL_NETLINK, NETLINK_CAP_ACK, 1);
        SocketOption.set(descriptor, SOL_NETLINK, NETLINK_EXT_ACK, 1);
        return descriptor;
    }

    /// Sends one request and waits until it is in force.
    ///
    /// @throws KernelException if the kernel refuses it
    public void execute(Request request) throws IOException {
        KernelException refused = executeAll(List.of(request)).getFirst();
        if (refused != null) {
            throw refused;
        }
    }

    /// Sends many requests, up to 64 a call, and matches each refusal by its sequence number. One that is refused does
    /// not stop the others. Only the last of a call is acknowledged, which says that all before it were worked off.
    ///
    /// @return for each request null, or why it was refused
    /// @throws IOException if answers are missing: what is in force is then unknown
    public List<@Nullable KernelException> executeAll(List<? extends Outgoing> requests) throws IOException {
        var outcomes = new ArrayList<@Nullable KernelException>(requests.size());
        int at = 0;
        while (at < requests.size()) {
            int first = sequence + 1;
            int count = 0;
            int last = 0;
            out.bytes().clear();
            while (at + count < requests.size() && count < BATCH_REQUESTS) {
                Outgoing request = requests.get(at + count);
                if (request.length() > out.bytes().remaining()) {
                    break;
                }
                if (count > 0) {
                    clearAcknowledge(last);
                }
                last = out.bytes().position();
                request.writeTo(out.bytes(), ++sequence);
                count++;
            }
            if (count == 0) {
                throw new IOException(requests.get(at) + ": longer than " + SEND_BYTES + " bytes");
            }
            send(out, requests.get(at));
            collectAnswers(requests.subList(at, at + count), first, outcomes);
            at += count;
        }
        return outcomes;
    }

    /// Sends {@code requests} as one datagram, which the kernel takes or refuses as a whole (an nfnetlink batch).
    /// Only those that ask for an acknowledgement are answered when all is well.
    ///
    /// @param last the sequence of answers ends with the acknowledgement of this request, or with any error
    /// @return the refusals by index of the request; empty if all is in force
    /// @throws IOException if the outcome is unknown
    public List<Refusal> transact(List<Request> requests, int last) throws IOException {
        int first = sequence + 1;
        NativeBuffer datagram = out;
        int length = requests.stream().mapToInt(Request::length).sum();
        if (length > SEND_BYTES) {
            datagram = NativeBuffer.allocate(length);
            // a longer datagram is EMSGSIZE
            SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SocketOption.SO_SNDBUFFORCE, length);
        }
        datagram.bytes().clear();
        for (Request request : requests) {
            request.writeTo(datagram.bytes(), ++sequence);
        }
        send(datagram, "transaction of " + requests.size() + " messages");
        var refusals = new ArrayList<Refusal>();
        boolean[] ended = new boolean[1];
        while (!ended[0]) {
            Message.split(receive("answer to a transaction"), message -> {
                int index = message.sequence() - first;
                if (!message.isError() || index < 0 || index >= requests.size()) {
                    return;
                }
                if (message.errno() != 0) {
                    refusals.add(new Refusal(index, refusal(requests.get(index).toString(), message)));
                }
                ended[0] |= index == last || message.errno() != 0;
            });
        }
        drain(message -> {
            int index = message.sequence() - first;
            if (message.isError() && message.errno() != 0 && index >= 0 && index < requests.size()) {
                refusals.add(new Refusal(index, refusal(requests.get(index).toString(), message)));
            }
        });
        return refusals;
    }

    /// Why one message of a transaction was refused.
    ///
    /// @param index of the request in the transaction
    public record Refusal(int index, KernelException reason) {}

    /// Reads a whole table. Started anew when the kernel says that the table changed under it.
    ///
    /// @param request with NLM_F_DUMP
    /// @param restarted called before each further attempt, to forget what {@code each} was given
    /// @throws KernelException if the kernel refuses it
    public void dump(Request request, Runnable restarted, Consumer<Message> each) throws IOException {
        DumpAnswer.untilConsistent(request, restarted, () -> {
            sendNext(request);
            var answer = new DumpAnswer(request, sequence, each);
            while (!answer.ended()) {
                answer.take(receive(request));
            }
            return answer.isInterrupted();
        });
    }

    /// Receives a whole table for {@code pipe}.
    void dump(Request request, DumpPipe pipe) throws IOException, InterruptedException {
        var buffers = new ArrayList<NativeBuffer>();
        for (int from = 0; from < RECEIVE_BYTES; from += DumpPipe.DATAGRAM_BYTES) {
            buffers.add(in.slice(from, DumpPipe.DATAGRAM_BYTES));
        }
        pipe.lend(buffers);
        sendNext(request);
        boolean ended = false;
        while (!ended) {
            NativeBuffer datagram = pipe.free();
            int length = receive(datagram, request);
            ended = DumpAnswer.ends(datagram.bytes().clear().limit(length), sequence);
            pipe.received(datagram, length, sequence);
        }
    }

    private void sendNext(Request request) throws IOException {
        out.bytes().clear();
        request.writeTo(out.bytes(), ++sequence);
        send(out, request);
    }

    /// Asks for one object and hands its answer to {@code each}.
    ///
    /// @throws KernelException if the kernel refuses it; ENOENT or ENODEV for an absent object
    public void get(Request request, Consumer<Message> each) throws IOException {
        sendNext(request);
        boolean[] ended = new boolean[1];
        var refused = new ArrayList<KernelException>(1);
        while (!ended[0]) {
            Message.split(receive(request), message -> {
                if (message.sequence() != sequence) {
                    return;
                }
                if (!message.isError()) {
                    each.accept(message);
                } else if (message.errno() != 0) {
                    refused.add(refusal(request.toString(), message));
                }
                ended[0] = true;
            });
        }
        if (!refused.isEmpty()) {
            throw refused.getFirst();
        }
    }

    private void clearAcknowledge(int message) {
        short flags = out.bytes().getShort(message + Nl.FLAGS_OFFSET);
        out.bytes().putShort(message + Nl.FLAGS_OFFSET, (short) (flags & ~Nl.NLM_F_ACK));
    }

    private void collectAnswers(List<? extends Outgoing> sent, int first, List<@Nullable KernelException> outcomes)
            throws IOException {
        int base = outcomes.size();
        outcomes.addAll(Collections.nCopies(sent.size(), null));
        boolean[] ended = new boolean[1];
        while (!ended[0]) {
            Message.split(receive(sent.getFirst()), message -> {
                int index = message.sequence() - first;
                if (!message.isError() || index < 0 || index >= sent.size()) {
                    return; // what a request that timed out left behind
                }
                ended[0] |= index == sent.size() - 1;
                if (message.errno() != 0) {
                    outcomes.set(base + index, refusal(sent.get(index).toString(), message));
                }
            });
        }
    }

    private static KernelException refusal(String request, Message message) {
        return new KernelException(request, new Errno(message.errno()), message.extendedAck());
    }

    /// @param what asked for in a fault's words, which are not made otherwise
    private void send(NativeBuffer datagram, Object what) throws IOException {
        int length = datagram.bytes().position();
        trace("sent", datagram.bytes(), length);
        if (Libc.INSTANCE.send(descriptor.value(), datagram.pointer(), length, 0) != length) {
            throw new KernelException(what.toString(), new Errno(Libc.errno()), "not sent");
        }
    }

    private ByteBuffer receive(Object what) throws IOException {
        int length = receive(in, what);
        return in.bytes().clear().limit(length);
    }

    private int receive(NativeBuffer target, Object what) throws IOException {
        int room = target.bytes().capacity();
        while (true) {
            long length = Libc.INSTANCE.recv(descriptor.value(), target.pointer(), room, MSG_TRUNC);
            if (length > room) {
                throw new IOException(what + ": an answer of " + length + " bytes is longer than " + room);
            }
            if (length >= 0) {
                trace("received", target.bytes(), (int) length);
                return (int) length;
            }
            int errno = Libc.errno();
            if (errno != Errno.EINTR.value()) {
                throw new KernelException(what.toString(), new Errno(errno), "no answer");
            }
        }
    }

    private void drain(Consumer<Message> each) {
        final int dontWait = 0x40;
        while (true) {
            long length = Libc.INSTANCE.recv(descriptor.value(), in.pointer(), RECEIVE_BYTES, dontWait);
            if (length <= 0) {
                return;
            }
            Message.split(in.bytes().clear().limit((int) length), each);
        }
    }

    private void trace(String direction, ByteBuffer bytes, int length) {
        if (LOG.isTraceEnabled() && !holdsKeys) {
            byte[] copy = new byte[length];
            bytes.get(0, copy);
            LOG.trace("{} {}", direction, HexFormat.of().formatHex(copy));
        }
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
