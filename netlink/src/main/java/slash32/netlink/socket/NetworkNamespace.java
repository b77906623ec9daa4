package slash32.netlink.socket;

import java.io.IOException;
import java.nio.file.Path;

/// Another network namespace than that of the process (network_namespaces(7)), held open.
public final class NetworkNamespace implements AutoCloseable {
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;
    private static final Path OWN = Path.of("/proc/thread-self/ns/net");

    private final FileDescriptor descriptor;

    private NetworkNamespace(FileDescriptor descriptor) {
        this.descriptor = descriptor;
    }

    /// Opens the namespace behind {@code path}.
    public static NetworkNamespace open(Path path) throws IOException {
        return new NetworkNamespace(FileDescriptor.of(
                Libc.INSTANCE.open(path.toString(), O_RDONLY_CLOEXEC), "open network namespace " + path));
    }

    /// For messages that name the namespace by it.
    public int descriptor() {
        return descriptor.value();
    }

    /// Opens a socket there; the calling thread, a platform thread, is where it was afterwards.
    public NetlinkSocket openSocket(NetlinkProtocol protocol) throws IOException {
        try (NetworkNamespace own = open(OWN)) {
            enter(this);
            try {
                return NetlinkSocket.open(protocol);
            } finally {
                enter(own);
            }
        }
    }

    private static void enter(NetworkNamespace namespace) throws IOException {
        FileDescriptor.check(Libc.INSTANCE.setns(namespace.descriptor(), CLONE_NEWNET), "enter a network namespace");
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
