package slash32.bgp.exabgp.command;

import java.io.ByteArrayOutputStream;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// Octets as they are written.
final class Octets {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(32);

    int size() {
        return out.size();
    }

    Octets u8(int value) {
        out.write(value);
        return this;
    }

    Octets u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    Octets u24(int value) {
        return u8(value >>> 16).u16(value);
    }

    Octets u32(long value) {
        return u16((int) (value >>> 16)).u16((int) value);
    }

    Octets u64(long value) {
        return u32(value >>> 32).u32(value);
    }

    Octets address(IpAddress address) {
        return bytes(address.toArray());
    }

    Octets bytes(Bytes bytes) {
        return bytes(bytes.toArray());
    }

    Octets bytes(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    Octets bytes(byte[] bytes, int count) {
        out.write(bytes, 0, count);
        return this;
    }

    /// As a path attribute: one without octets that is optional is none.
    Octets attribute(int flags, int type, Bytes value) {
        boolean extended = value.length() > 0xff || (flags & 0x10) != 0;
        u8(flags | (extended ? 0x10 : 0)).u8(type);
        return (extended ? u16(value.length()) : u8(value.length())).bytes(value);
    }

    byte[] toArray() {
        return out.toByteArray();
    }

    Bytes toBytes() {
        return Bytes.copyOf(out.toByteArray());
    }
}
