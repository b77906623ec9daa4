package slash32.netlink.ethtool;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import slash32.net.InterfaceName;
import slash32.netlink.socket.FileDescriptor;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.Libc;
import slash32.netlink.socket.NativeBuffer;

/// Asks what a network device's driver is, and what it does for the kernel; of the network namespace of the thread that
/// opened it. A device that is not there, or whose driver does not answer, has neither.
public final class Ethtool implements AutoCloseable {
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 0x80002;
    private static final long SIOCETHTOOL = 0x8946;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_DATA_AT = 16;

    /// ETHTOOL_GDRVINFO, struct ethtool_drvinfo.
    private static final int GET_DRIVER = 0x03;

    private static final int DRIVER_BYTES = 196;
    private static final int DRIVER_AT = 4;

    /// ETHTOOL_GSSET_INFO, struct ethtool_sset_info with one count.
    private static final int GET_SET_INFO = 0x37;

    private static final int SET_INFO_BYTES = 20;
    private static final int SET_MASK_AT = 8;
    private static final int SET_COUNT_AT = 16;
    /// ETH_SS_FEATURES.
    private static final int FEATURE_NAMES = 4;

    /// ETHTOOL_GSTRINGS, struct ethtool_gstrings.
    private static final int GET_STRINGS = 0x1b;

    private static final int STRINGS_AT = 12;
    private static final int STRING_BYTES = 32;

    /// ETHTOOL_GFEATURES, struct ethtool_gfeatures: available, requested, active, never changed, for each 32 of them.
    private static final int GET_FEATURES = 0x3a;

    private static final int BLOCKS_AT = 8;
    private static final int BLOCK_BYTES = 16;
    private static final int ACTIVE_AT = 8;

    private final FileDescriptor socket;

    private Ethtool(FileDescriptor socket) {
        this.socket = socket;
    }

    public static Ethtool open() throws KernelException {
        return new Ethtool(FileDescriptor.of(
                Libc.INSTANCE.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0), "open a socket to ask about devices"));
    }

    /// The driver's name, as {@code ethtool -i} has it; empty if there is none.
    public String driver(InterfaceName device) {
        NativeBuffer info = command(GET_DRIVER, DRIVER_BYTES);
        return ask(device, info) ? text(info, DRIVER_AT) : "";
    }

    /// The features that are on, by the names that {@code ethtool -K} takes.
    public Set<String> features(InterfaceName device) {
        NativeBuffer info = command(GET_SET_INFO, SET_INFO_BYTES);
        info.bytes().putLong(SET_MASK_AT, 1L << FEATURE_NAMES);
        int count = ask(device, info) ? info.bytes().getInt(SET_COUNT_AT) : 0;
        int blocks = (count + Integer.SIZE - 1) / Integer.SIZE;
        NativeBuffer names = command(GET_STRINGS, STRINGS_AT + count * STRING_BYTES);
        names.bytes().putInt(4, FEATURE_NAMES).putInt(8, count);
        NativeBuffer states = command(GET_FEATURES, BLOCKS_AT + blocks * BLOCK_BYTES);
        states.bytes().putInt(4, blocks);
        var on = new TreeSet<String>();
        if (count > 0 && ask(device, names) && ask(device, states)) {
            for (int i = 0; i < count; i++) {
                int active = states.bytes().getInt(BLOCKS_AT + i / Integer.SIZE * BLOCK_BYTES + ACTIVE_AT);
                if ((active & (1 << (i % Integer.SIZE))) != 0) {
                    on.add(text(names, STRINGS_AT + i * STRING_BYTES));
                }
            }
        }
        return on;
    }

    private static NativeBuffer command(int number, int size) {
        NativeBuffer command = NativeBuffer.allocate(size);
        command.bytes().putInt(0, number);
        return command;
    }

    /// @return false if there is no answer
    private boolean ask(InterfaceName device, NativeBuffer command) {
        NativeBuffer request = NativeBuffer.allocate(IFREQ_BYTES);
        request.bytes().put(0, device.value().getBytes(StandardCharsets.US_ASCII));
        request.bytes().putLong(IFREQ_DATA_AT, command.pointer().address());
        return Libc.INSTANCE.ioctl(socket.value(), SIOCETHTOOL, request.pointer()) >= 0;
    }

    /// Up to its end or a NUL.
    private static String text(NativeBuffer from, int at) {
        var octets = new byte[STRING_BYTES];
        from.bytes().get(at, octets);
        int length = 0;
        while (length < octets.length && octets[length] != 0) {
            length++;
        }
        return new String(octets, 0, length, StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
        socket.close();
    }
}
