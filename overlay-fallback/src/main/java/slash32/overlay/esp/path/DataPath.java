package slash32.overlay.esp.path;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.udp.NatPort;

/// Carries packets between this host and its peers on Child SAs, and drops what none is for.
///
/// It has the device that the routes to what is behind the peers lead to, and port 4500, whose IKE messages it gives to
/// its {@link PathListener}. All methods but the loops may be called by any thread. What the kernel refuses of an SA
/// is the path's to log: nothing passes then.
public interface DataPath extends NatPort, AutoCloseable {
    /// One of its threads.
    @FunctionalInterface
    interface Loop {
        void run() throws IOException;
    }

    /// Whether it carries ESP in UDP alone (RFC 3948).
    boolean needsUdp();

    /// Has packets to a peer dropped here until one of its Child SAs is sent on. Said again, it changes nothing.
    ///
    /// Routes to what is behind the peer then lead to the device: of IPv4 by the gateway {@code node}, of IPv6 by
    /// {@link #gateway6}, both on-link.
    ///
    /// @param node the peer's underlay address, which is its identity too
    InterfaceIndex attach(Ipv4Address node, PeerConfig peer) throws IOException;

    /// Takes back {@link #attach}, after the peer's Child SAs were removed and no route leads there.
    void detach(Ipv4Address node);

    /// All peers that there are have been attached: what an earlier run of this node left of others goes.
    void settled();

    /// Receives on a Child SA from now on.
    void receive(ChildSa child);

    /// Sends to the peer of a Child SA on it from now on.
    void send(ChildSa child);

    /// Both directions of a Child SA are over.
    void remove(ChildSa child);

    List<SaStatus> sas();

    /// Packets dropped since the start.
    Map<Drop, Long> drops();

    /// What its threads run, by their names, until {@link #stop}.
    Map<String, Loop> loops();

    /// Ends the loops, which must be waited for before {@link #close}.
    void stop();

    @Override
    void close();

    /// The gateway of IPv6 routes to what is behind a peer: a link-local address that its underlay address makes.
    static Ipv6Address gateway6(Ipv4Address node) {
        return new Ipv6Address(0xfe80L << 48, 0x5332L << 32 | (node.value() & 0xffff_ffffL));
    }
}
