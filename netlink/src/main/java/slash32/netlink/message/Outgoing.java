package slash32.netlink.message;

import java.nio.ByteBuffer;

/// One message to the kernel. Its text says what it does to what, for errors: "add route 192.0.2.1/32 dev 7".
public interface Outgoing {
    /// Length in bytes with the header; a multiple of 4.
    int length();

    /// The message as it goes to the kernel with this sequence number.
    ///
    /// @param target in native byte order
    /// @param sequence nlmsg_seq
    void writeTo(ByteBuffer target, int sequence);
}
