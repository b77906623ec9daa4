package slash32.netlink.socket;

import java.util.concurrent.atomic.AtomicBoolean;

/// An open file descriptor that is closed once.
public final class FileDescriptor implements AutoCloseable {
    private final int value;
    private final AtomicBoolean closed = new AtomicBoolean();

    private FileDescriptor(int value) {
        this.value = value;
    }

    /// Takes over what a call gave.
    ///
    /// @param result of socket(2), open(2) …; negative for failure
    /// @param request for the error
    public static FileDescriptor of(int result, String request) throws KernelException {
        return new FileDescriptor(check(result, request));
    }

    /// Passes a call's result on.
    ///
    /// @return {@code result} unless it is negative
    /// @throws KernelException with the calling thread's errno
    public static int check(int result, String request) throws KernelException {
        if (result < 0) {
            throw new KernelException(request, new Errno(Libc.errno()), null);
        }
        return result;
    }

    public int value() {
        return value;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            Libc.INSTANCE.close(value);
        }
    }
}
