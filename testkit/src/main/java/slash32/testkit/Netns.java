package slash32.testkit;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// A network namespace held open by a file descriptor, and the calls that move a thread between them (unshare(2),
/// setns(2)).
final class Netns {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final FunctionDescriptor ONE_INT = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    private static final FunctionDescriptor TWO_INTS =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    private static final MethodHandle UNSHARE = libc("unshare", ONE_INT);
    private static final MethodHandle SETNS = libc("setns", TWO_INTS);
    private static final MethodHandle CLOSE = libc("close", ONE_INT);
    private static final MethodHandle OPEN =
            libc("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    private final int descriptor;

    private Netns(int descriptor) {
        this.descriptor = descriptor;
    }

    /// Moves the calling thread into a new namespace and gives back the one it came from.
    static Netns enterFresh() {
        Netns outer = new Netns(openThreadNetns());
        check("unshare(CLONE_NEWNET)", call(UNSHARE, CLONE_NEWNET));
        return outer;
    }

    /// One that `ip netns add` made.
    static Netns named(String name) {
        try (var arena = Arena.ofConfined()) {
            String path = "/run/netns/" + name;
            return new Netns(check("open " + path, call(OPEN, arena.allocateFrom(path), O_RDONLY_CLOEXEC)));
        }
    }

    /// Moves the calling thread into this namespace and lets go of it.
    void enter() {
        check("setns", call(SETNS, descriptor, CLONE_NEWNET));
        check("close", call(CLOSE, descriptor));
    }

    private static int openThreadNetns() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom("/proc/thread-self/ns/net");
            return check("open " + path.getString(0), call(OPEN, path, O_RDONLY_CLOEXEC));
        }
    }

    @SuppressWarnings("restricted") // four libc calls; netlink, which knows jnr-ffi, can't be depended on from here
    private static MethodHandle libc(String name, FunctionDescriptor shape) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), shape);
    }

    @SuppressWarnings("CatchingUnchecked") // invokeWithArguments declares Throwable; none of these calls throws
    private static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new AssertionError("calling libc", e);
        }
    }

    private static int check(String what, int result) {
        if (result < 0) {
            throw new AssertionError(what + " failed");
        }
        return result;
    }
}
