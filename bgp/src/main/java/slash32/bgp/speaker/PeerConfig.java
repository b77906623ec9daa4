package slash32.bgp.speaker;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// One peer as configured.
///
/// @param port where it listens, 1 to 65535
/// @param localAddress what we dial from; null to let the kernel choose
/// @param password TCP MD5 key of 1 to 80 octets (RFC 2385); null for none
/// @param holdSeconds proposed in OPEN: 0, or 3 to 65535
/// @param gracefulRestartSeconds 1 to 4095, or 0 for no graceful restart
/// @param passive we never dial it
public record PeerConfig(
        IpAddress address,
        int port,
        @Nullable IpAddress localAddress,
        Asn asn,
        Set<AddressFamily> families,
        @Nullable Bytes password,
        int holdSeconds,
        int gracefulRestartSeconds,
        boolean passive) {
    public PeerConfig {
        families = Set.copyOf(families);
        if (password != null && (password.length() < 1 || password.length() > 80)) {
            throw new IllegalArgumentException("a TCP MD5 key has 1 to 80 octets, has " + password.length());
        }
    }

    /// Without the password.
    @Override
    public String toString() {
        return address + " AS " + asn;
    }
}
