package slash32.netlink.socket;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.List;

/// Classic BPF programs that say what a socket receives (socket(7), SO_ATTACH_FILTER).
public final class SocketFilter {
    private static final int SO_ATTACH_FILTER = 26;
    private static final int INSTRUCTION_BYTES = 8;

    private SocketFilter() {}

    /// One instruction (struct sock_filter).
    public record Instruction(int code, int jumpTrue, int jumpFalse, int operand) {}

    /// Has the socket receive from now on what {@code program} lets pass.
    public static void attach(FileDescriptor descriptor, List<Instruction> program) throws KernelException {
        NativeBuffer code = NativeBuffer.allocate(INSTRUCTION_BYTES * program.size());
        ByteBuffer bytes = code.bytes();
        for (int i = 0; i < program.size(); i++) {
            Instruction instruction = program.get(i);
            int at = INSTRUCTION_BYTES * i;
            bytes.putShort(at, (short) instruction.code())
                    .put(at + 2, (byte) instruction.jumpTrue())
                    .put(at + 3, (byte) instruction.jumpFalse())
                    .putInt(at + 4, instruction.operand());
        }
        NativeBuffer header = NativeBuffer.allocate(16); // struct sock_fprog
        header.bytes()
                .putShort(0, (short) program.size())
                .putLong(8, code.pointer().address());
        try {
            SocketOption.set(descriptor, SocketOption.SOL_SOCKET, SO_ATTACH_FILTER, header);
        } finally {
            Reference.reachabilityFence(code); // only its address is in the header
        }
    }
}
