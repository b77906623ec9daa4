package slash32.netlink.socket;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jnr.ffi.Pointer;

/// Native memory seen both as a pointer for libc and as a buffer for Java, whose position stays 0.
///
/// @param pointer to {@code bytes}, which keeps the memory alive
public record NativeBuffer(ByteBuffer bytes, Pointer pointer) {
    public static NativeBuffer allocate(int size) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
        return new NativeBuffer(bytes, Pointer.wrap(Libc.RUNTIME, bytes));
    }
    /// A part of this memory, whatever the buffer's limit is now.
    NativeBuffer slice(int from, int size) {
        return new NativeBuffer(
                bytes.duplicate().clear().slice(from, size).order(ByteOrder.nativeOrder()), pointer.slice(from, size));
    }
}
