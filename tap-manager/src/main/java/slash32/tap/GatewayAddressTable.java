package slash32.tap;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;
import slash32.tap.gateway.GatewayTerms;

/// The gateway's addresses on our interfaces; the value is the prefix length. The kernel answers for them, with us dead
/// or alive. Ours are exactly the gateway's two addresses and the metadata
/// service's two on an interface that carries our mark. Owned by one thread.
public final class GatewayAddressTable implements Table<DeviceAddress, Integer> {
    /// What every interface has.
    public static final Set<IpAddress> ADDRESSES = Set.of(GatewayTerms.GATEWAY_IPV4, GatewayTerms.GATEWAY_IPV6);

    /// What the interface of a guest with metadata has besides.
    public static final Set<IpAddress> METADATA = Set.of(GatewayTerms.METADATA_IPV4, GatewayTerms.METADATA_IPV6);

    private static final int IPV4_LENGTH = 32;
    /// On-link for the whole of fe80::/64: the kernel must be able to answer the guest's link-local address.
    private static final int IPV6_LENGTH = 64;

    private final NetlinkSocket rtnl;

    /// @param rtnl of NETLINK_ROUTE
    public GatewayAddressTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    /// The prefix length that {@code gateway} has on an interface.
    public static int prefixLength(IpAddress gateway) {
        if (METADATA.contains(gateway)) {
            return gateway.bits();
        }
        return gateway.isIpv4() ? IPV4_LENGTH : IPV6_LENGTH;
    }

    static boolean isGateways(IpAddress address) {
        return ADDRESSES.contains(address) || METADATA.contains(address);
    }

    @Override
    public String name() {
        return "gateway_address";
    }

    @Override
    public Map<DeviceAddress, Integer> owned() throws IOException {
        var found = new HashMap<DeviceAddress, Integer>();
        Map<InterfaceIndex, TapLink> links = new TapLinks(rtnl).byIndex();
        rtnl.dump(InterfaceAddress.dump(), found::clear, message -> {
            InterfaceAddress address = InterfaceAddress.parse(message);
            if (address == null || !isGateways(address.address())) {
                return;
            }
            TapLink link = links.get(address.link());
            if (link != null && link.mark() != null) {
                found.put(new DeviceAddress(link.link().name(), address.address()), address.prefixLength());
            }
        });
        return found;
    }

    @Override
    public List<Failure<DeviceAddress>> apply(List<Change<DeviceAddress, Integer>> batch) throws IOException {
        var requests = new RequestBatch<DeviceAddress>(rtnl);
        for (Change<DeviceAddress, Integer> change : batch) {
            switch (change) {
                case Change.Put<DeviceAddress, Integer>(DeviceAddress key, Integer length, Integer replaced) -> {
                    InterfaceIndex link = requests.require(key, key.device());
                    if (link != null && replaced != null) { // replacing would keep the old length
                        requests.delete(key, new InterfaceAddress(link, key.address(), replaced).delete());
                    }
                    if (link != null) {
                        requests.put(key, new InterfaceAddress(link, key.address(), length).put());
                    }
                }
                case Change.Remove<DeviceAddress, Integer>(DeviceAddress key, Integer length) -> {
                    TapLink link = requests.find(key.device());
                    if (link != null && link.mark() != null) {
                        requests.delete(key, new InterfaceAddress(link.link().index(), key.address(), length).delete());
                    }
                }
            }
        }
        return requests.execute();
    }
}
