package slash32.overlay.ike.udp;

import java.io.IOException;
import slash32.net.IpAddress;

/// Who has port 4500 in place of an {@link IkeLoop}, because ESP comes there too.
@FunctionalInterface
public interface NatPort {
    /// Sends a datagram as it is; any thread.
    void send(IpAddress to, int port, byte[] datagram) throws IOException;
}
