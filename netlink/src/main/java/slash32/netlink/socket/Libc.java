package slash32.netlink.socket;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.SaveError;

/// The libc calls that slash32 makes; each is what its man page in section 2 says. A negative result leaves errno in
/// {@link #errno()} of the calling thread.
///
/// Thread-safe.
public interface Libc {
    /// The C library of this process.
    Libc INSTANCE = LibraryLoader.create(Libc.class).load("c");

    /// The runtime that allocates native memory for its calls.
    Runtime RUNTIME = Runtime.getRuntime(INSTANCE);

    @SaveError
    int socket(int domain, int type, int protocol);

    @SaveError
    int bind(int descriptor, Pointer address, int length);

    @SaveError
    int setsockopt(int descriptor, int level, int name, Pointer value, int length);

    @SaveError
    int getsockname(int descriptor, Pointer address, Pointer length);

    @SaveError
    long send(int descriptor, Pointer bytes, long length, int flags);

    @SaveError
    long sendto(int descriptor, Pointer bytes, long length, int flags, Pointer address, int addressLength);

    @SaveError
    long recv(int descriptor, Pointer bytes, long length, int flags);

    @SaveError
    long recvfrom(int descriptor, Pointer bytes, long length, int flags, Pointer address, Pointer addressLength);

    @SaveError
    long sendmsg(int descriptor, Pointer message, int flags);

    @SaveError
    long recvmsg(int descriptor, Pointer message, int flags);

    @SaveError
    int open(String path, int flags);

    @SaveError
    int setns(int descriptor, int kind);

    @SaveError
    long read(int descriptor, Pointer bytes, long length);

    @SaveError
    long write(int descriptor, Pointer bytes, long length);

    @SaveError
    int ioctl(int descriptor, long request, Pointer argument);

    @SaveError
    int poll(Pointer descriptors, long count, int timeoutMillis);

    @SaveError
    int eventfd(int initial, int flags);

    @SaveError
    int setpriority(int which, int who, int nice);

    @SaveError
    int close(int descriptor);

    /// Has the calls made ready, which the first one else waits for.
    static void prepare() {
        errno();
    }

    /// errno of the calling thread's last call here.
    static int errno() {
        return RUNTIME.getLastError();
    }
}
