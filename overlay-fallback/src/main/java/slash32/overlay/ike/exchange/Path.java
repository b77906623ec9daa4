package slash32.overlay.ike.exchange;

import slash32.net.IpAddress;

/// Between which addresses and ports an IKE SA runs.
public record Path(IpAddress local, int localPort, IpAddress remote, int remotePort) {
    public static final int IKE_PORT = 500;

    /// Of IKE and ESP in UDP (RFC 3948): an IKE message there stands behind four octets of zero.
    public static final int NAT_PORT = 4500;

    /// The same after the float to port 4500 (RFC 7296 §2.23).
    Path floated() {
        return new Path(local, NAT_PORT, remote, remotePort == IKE_PORT ? NAT_PORT : remotePort);
    }
}
