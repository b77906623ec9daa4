package slash32.netlink.socket;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;
import slash32.netlink.socket.SocketFilter.Instruction;

/// Events of multicast groups (netlink(7)), on a socket of their own.
///
/// {@link #receive} is called by one thread; {@link #close} by any, and ends a receive that waits.
public final class Subscription implements AutoCloseable {
    private static final int RECEIVE_BYTES = 256 * 1024;
    private static final int KERNEL_RECEIVE_BYTES = 32 * 1024 * 1024;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int POLLIN = 1;
    private static final int SOL_NETLINK = 270;

    private final FileDescriptor descriptor;
    private final FileDescriptor wakeup;
    private final NativeBuffer in = NativeBuffer.allocate(RECEIVE_BYTES);
    private final NativeBuffer poll = NativeBuffer.allocate(16);
    private volatile boolean closed;

    private Subscription(FileDescriptor descriptor, FileDescriptor wakeup) {
        this.descriptor = descriptor;
        this.wakeup = wakeup;
    }

    /// Joins {@code groups} in the calling thread's network namespace.
    ///
    /// @param groups numbers of multicast groups (RTNLGRP_*, NFNLGRP_*)
    public static Subscription open(NetlinkProtocol protocol, int... groups) throws IOException {
        return join(NetlinkSocket.openRaw(protocol, KERNEL_RECEIVE_BYTES), groups);
    }

    /// Receives what the kernel sends for {@code requests}, which the socket makes and the kernel acknowledges.
    ///
    /// @throws KernelException if the kernel refuses one
    public static Subscription openWith(NetlinkProtocol protocol, int receiveBytes, List<Request> requests)
            throws IOException {
        FileDescriptor descriptor = NetlinkSocket.openRaw(protocol, receiveBytes);
        try {
            for (Request request : requests) {
                ask(descriptor, request);
            }
            return join(descriptor);
        } catch (IOException e) {
            descriptor.close();
            throw e;
        }
    }

    private static void ask(FileDescriptor descriptor, Request request) throws IOException {
        NativeBuffer buffer = NativeBuffer.allocate(RECEIVE_BYTES);
        request.writeTo(buffer.bytes(), 1);
        long sent = Libc.INSTANCE.send(
                descriptor.value(), buffer.pointer(), buffer.bytes().position(), 0);
        FileDescriptor.check((int) sent, request.toString());
        boolean[] answered = new boolean[1];
        var refused = new ArrayList<KernelException>(1);
        while (!answered[0]) {
            long length = Libc.INSTANCE.recv(descriptor.value(), buffer.pointer(), RECEIVE_BYTES, 0);
            if (length < 0 && Libc.errno() != Errno.EINTR.value() && Libc.errno() != Errno.ENOBUFS.value()) {
                throw new KernelException(request.toString(), new Errno(Libc.errno()), "no answer");
            }
            Message.split(buffer.bytes().clear().limit((int) Math.max(0, length)), message -> {
                answered[0] |= message.isError();
                if (message.isError() && message.errno() != 0) {
                    refused.add(
                            new KernelException(request.toString(), new Errno(message.errno()), message.extendedAck()));
                }
            });
        }
        if (!refused.isEmpty()) {
            throw refused.getFirst();
        }
    }

    /// Joins {@code groups}, and has the kernel leave out what the socket {@code port} does: a copy that nobody reads
    /// would cost that socket as much as its own request.
    ///
    /// @param port see {@link NetlinkSocket#port}
    public static Subscription openToOthers(NetlinkProtocol protocol, int port, int... groups) throws IOException {
        return openToOthers(protocol, List.of(port), groups);
    }

    /// The same, where several sockets are ours.
    public static Subscription openToOthers(NetlinkProtocol protocol, List<Integer> ports, int... groups)
            throws IOException {
        FileDescriptor descriptor = NetlinkSocket.openRaw(protocol, KERNEL_RECEIVE_BYTES);
        leaveOut(descriptor, ports);
        return join(descriptor, groups);
    }

    /// A filter on nlmsg_pid, which it loads in network byte order.
    private static void leaveOut(FileDescriptor descriptor, List<Integer> ports) throws IOException {
        final int loadWord = 0x20;
        final int jumpIfEqual = 0x15;
        final int giveBack = 0x06;
        var program = new ArrayList<Instruction>();
        program.add(new Instruction(loadWord, 0, 0, 12));
        for (int i = 0; i < ports.size(); i++) {
            program.add(new Instruction(jumpIfEqual, ports.size() - i, 0, Integer.reverseBytes(ports.get(i))));
        }
        program.add(new Instruction(giveBack, 0, 0, -1));
        program.add(new Instruction(giveBack, 0, 0, 0));
        SocketFilter.attach(descriptor, program);
    }

    private static Subscription join(FileDescriptor descriptor, int... groups) throws IOException {
        for (int group : groups) {
            SocketOption.set(descriptor, SOL_NETLINK, NetlinkSocket.NETLINK_ADD_MEMBERSHIP, group);
        }
        FileDescriptor wakeup = FileDescriptor.of(Libc.INSTANCE.eventfd(0, EFD_CLOEXEC), "eventfd");
        return new Subscription(descriptor, wakeup);
    }

    /// What came of a wait for events.
    public enum Outcome {
        EVENTS,
        /// The socket's buffer overflowed: events are lost, and what they were about must be read back.
        OVERRUN,
        CLOSED
    }

    /// Waits for events and hands each to {@code each}.
    public Outcome receive(Consumer<Message> each) throws IOException {
        poll.bytes()
                .putInt(0, descriptor.value())
                .putInt(4, POLLIN)
                .putInt(8, wakeup.value())
                .putInt(12, POLLIN);
        while (!closed && Libc.INSTANCE.poll(poll.pointer(), 2, -1) < 0) {
            if (Libc.errno() != Errno.EINTR.value()) {
                throw new KernelException("wait for netlink events", new Errno(Libc.errno()), null);
            }
        }
        if (closed) {
            descriptor.close();
            wakeup.close();
            return Outcome.CLOSED;
        }
        long length = Libc.INSTANCE.recv(descriptor.value(), in.pointer(), RECEIVE_BYTES, 0);
        if (length < 0) {
            Errno errno = new Errno(Libc.errno());
            if (errno.equals(Errno.ENOBUFS)) {
                return Outcome.OVERRUN;
            }
            if (errno.equals(Errno.EINTR) || errno.equals(Errno.EAGAIN)) {
                return Outcome.EVENTS;
            }
            throw new KernelException("receive netlink events", errno, null);
        }
        Message.split(in.bytes().clear().limit((int) length), each);
        return Outcome.EVENTS;
    }

    /// Ends {@link #receive}, which then lets go of the sockets.
    @Override
    public void close() {
        closed = true;
        NativeBuffer one = NativeBuffer.allocate(8);
        one.bytes().putLong(0, 1);
        Libc.INSTANCE.write(wakeup.value(), one.pointer(), 8);
    }
}
