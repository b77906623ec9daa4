package slash32.netlink.socket;

/// How much of the CPU a thread gets where others want it too: from -20, the most, to 19 (setpriority(2); on Linux each
/// thread has its own).
public final class Niceness {
    private static final int PRIO_PROCESS = 0;
    private static final int CALLING_THREAD = 0;

    private Niceness() {}

    /// Sets it for the calling thread.
    ///
    /// @return false if the kernel does not let us (CAP_SYS_NICE), and all is as before
    public static boolean set(int nice) {
        return Libc.INSTANCE.setpriority(PRIO_PROCESS, CALLING_THREAD, nice) == 0;
    }
}
