package slash32.netlink.xfrm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import slash32.net.IpAddress;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// A C structure of linux/xfrm.h: fields at fixed places, in host order but for addresses, ports and SPIs.
final class Struct {
    private static final int ADDRESS_BYTES = 16;

    private final ByteBuffer bytes;

    private Struct(byte[] array) {
        bytes = ByteBuffer.wrap(array).order(ByteOrder.nativeOrder());
    }

    static Struct of(int size) {
        return new Struct(new byte[size]);
    }

    /// The first {@code size} octets of an attribute.
    ///
    /// @throws IllegalArgumentException naming it, if it is shorter: the kernel does not send one
    static Struct of(Attributes attribute, int size) {
        if (attribute.length() < size) {
            throw new IllegalArgumentException(
                    "attribute " + attribute.type() + " has " + attribute.length() + " bytes, not " + size);
        }
        return new Struct(attribute.bytes());
    }

    /// The first {@code size} octets of a message's payload.
    static Struct of(Message message, int size) {
        return new Struct(message.bytes(0, size));
    }

    byte[] array() {
        return bytes.array();
    }

    Struct u8(int at, int value) {
        bytes.put(at, (byte) value);
        return this;
    }

    Struct u16(int at, int value) {
        bytes.putShort(at, (short) value);
        return this;
    }

    Struct u32(int at, int value) {
        bytes.putInt(at, value);
        return this;
    }

    Struct u64(int at, long value) {
        bytes.putLong(at, value);
        return this;
    }

    Struct be16(int at, int value) {
        return u8(at, value >>> 8).u8(at + 1, value);
    }

    Struct be32(int at, int value) {
        return be16(at, value >>> 16).be16(at + 2, value);
    }

    /// An xfrm_address_t: 4 octets and 12 of zero, or 16.
    Struct address(int at, IpAddress address) {
        return bytes(at, address.toArray());
    }

    Struct bytes(int at, byte[] value) {
        bytes.put(at, value);
        return this;
    }

    int u8(int at) {
        return bytes.get(at) & 0xff;
    }

    int u16(int at) {
        return bytes.getShort(at) & 0xffff;
    }

    int u32(int at) {
        return bytes.getInt(at);
    }

    long u64(int at) {
        return bytes.getLong(at);
    }

    int be16(int at) {
        return (u8(at) << 8) | u8(at + 1);
    }

    int be32(int at) {
        return (be16(at) << 16) | be16(at + 2);
    }

    IpAddress address(int at, int family) {
        int length = family == Xfrm.AF_INET ? 4 : ADDRESS_BYTES;
        return IpAddress.of(Arrays.copyOfRange(bytes.array(), at, at + length));
    }

    static int family(IpAddress address) {
        return address.isIpv4() ? Xfrm.AF_INET : Xfrm.AF_INET6;
    }
}
