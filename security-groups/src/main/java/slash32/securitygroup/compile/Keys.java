package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Statements.AFTER_NAME;
import static slash32.securitygroup.compile.Statements.AFTER_NAME_AND_MAC;

import java.nio.charset.StandardCharsets;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.securitygroup.GroupId;

/// Keys of elements, laid out as {@link Statements} loads them into registers.
final class Keys {
    private Keys() {}

    /// The key {@code mark} of a set, of a group.
    static Bytes key(GroupId group) {
        return Statements.hostOrder((int) group.number(), 4);
    }

    /// The key {@code ifname} of a set.
    static Bytes key(String device) {
        return key(device, new byte[0], new byte[0]);
    }

    /// The key {@code ifname . ipv4_addr} or {@code ipv6_addr} of a set.
    static Bytes key(String device, IpAddress address) {
        byte[] key = new byte[AFTER_NAME + address.bits() / Byte.SIZE];
        byte[] name = device.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(name, 0, key, 0, name.length);
        System.arraycopy(address.toArray(), 0, key, AFTER_NAME, address.bits() / Byte.SIZE);
        return Bytes.copyOf(key);
    }

    /// The key {@code ifname . ether_addr} of a set.
    static Bytes key(String device, MacAddress mac) {
        return key(device, mac.toArray(), new byte[0]);
    }

    /// The key {@code ifname . ether_addr . ipv4_addr} or {@code ipv6_addr} of a set.
    static Bytes key(String device, MacAddress mac, IpAddress address) {
        return key(device, mac.toArray(), address.toArray());
    }

    private static Bytes key(String device, byte[] mac, byte[] address) {
        int length = mac.length == 0 ? AFTER_NAME : AFTER_NAME_AND_MAC + address.length;
        byte[] key = new byte[length];
        byte[] name = device.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(name, 0, key, 0, name.length);
        System.arraycopy(mac, 0, key, AFTER_NAME, mac.length);
        System.arraycopy(address, 0, key, mac.length == 0 ? AFTER_NAME : AFTER_NAME_AND_MAC, address.length);
        return Bytes.copyOf(key);
    }
}
