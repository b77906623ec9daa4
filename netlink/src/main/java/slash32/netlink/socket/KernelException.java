package slash32.netlink.socket;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The kernel refused a request. Reads "add route 192.0.2.10/32 dev 7: EEXIST (Route already exists)".
public final class KernelException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /// @param request what was asked, with its object
    /// @param extendedAck the kernel's own words, if it had any
    public KernelException(String request, Errno errno, @Nullable String extendedAck) {
        super(request + ": " + errno + (extendedAck == null ? "" : " (" + extendedAck + ")"));
        this.errno = errno.value();
    }

    public Errno errno() {
        return new Errno(errno);
    }

    public boolean is(Errno other) {
        return errno == other.value();
    }
}
