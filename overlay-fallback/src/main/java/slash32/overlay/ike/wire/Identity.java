package slash32.overlay.ike.wire;

import java.nio.charset.StandardCharsets;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// What a peer says it is (RFC 7296 §3.5).
public record Identity(int type, Bytes value) {
    public static final int IPV4 = 1;
    public static final int FQDN = 2;
    public static final int IPV6 = 5;
    public static final int DISTINGUISHED_NAME = 9;

    /// A name without a trailing dot.
    public static Identity name(String name) {
        return new Identity(FQDN, Bytes.copyOf(name.getBytes(StandardCharsets.US_ASCII)));
    }

    public static Identity address(IpAddress address) {
        return new Identity(address instanceof Ipv4Address ? IPV4 : IPV6, Bytes.copyOf(address.toArray()));
    }

    /// "hv1.example", "192.0.2.1", or the type and hexadecimal digits; a peer's control characters are dots.
    @Override
    public String toString() {
        return switch (type) {
            case FQDN -> new String(value.toArray(), StandardCharsets.US_ASCII).replaceAll("[^\\x21-\\x7e]", ".");
            case IPV4, IPV6 ->
                value.length() == (type == IPV4 ? 4 : 16)
                        ? IpAddress.of(value.toArray()).toString()
                        : type + ":" + value;
            default -> type + ":" + value;
        };
    }
}
