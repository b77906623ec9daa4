package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.netlink.route.FdbEntry;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.evpn.MacKey;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// Where frames to a MAC go. To another node that takes two entries: the bridge's, that it is behind the VXLAN
/// device, and the device's, behind which VTEP. Every stated entry at a segment's devices is ours.
final class FdbTable implements Table<MacKey, Place> {
    private static final IpAddress ANY_VTEP = new Ipv4Address(0);

    private final NetlinkSocket rtnl;

    FdbTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment_fdb";
    }

    /// One of the two entries of a MAC that is elsewhere, without the other, reads as a MAC at the VXLAN device itself,
    /// which is never desired.
    @Override
    public Map<MacKey, Place> owned() throws IOException {
        Links links = Links.read(rtnl);
        var ofBridges = new HashMap<MacKey, InterfaceName>();
        var ofDevices = new HashMap<MacKey, Place>();
        rtnl.dump(
                FdbEntry.dump(),
                () -> {
                    ofBridges.clear();
                    ofDevices.clear();
                },
                message -> {
                    FdbEntry entry = FdbEntry.parse(message);
                    Links.Seen seen = entry == null ? null : links.find(entry.link());
                    Vni vni = seen == null ? null : links.segmentOfPort(seen);
                    if (entry == null
                            || seen == null
                            || vni == null
                            || entry.mac().equals(FdbEntry.FLOODED)) {
                        return;
                    }
                    var key = new MacKey(vni, entry.mac());
                    IpAddress vtep = entry.vtep();
                    if (vtep == null) {
                        ofBridges.put(key, seen.link().name());
                    } else {
                        ofDevices.put(key, new Place.Behind(vtep, new Way(entry.through())));
                    }
                });
        var found = new HashMap<MacKey, Place>();
        ofBridges.forEach((key, device) -> {
            Place behind = ofDevices.get(key);
            boolean remote = device.equals(SegmentDevices.vxlan(key.vni()));
            found.put(key, remote && behind != null ? behind : new Place.At(device));
        });
        ofDevices.keySet().forEach(key -> found.putIfAbsent(key, new Place.At(SegmentDevices.vxlan(key.vni()))));
        return found;
    }

    @Override
    public List<Failure<MacKey>> apply(List<Change<MacKey, Place>> batch) throws IOException {
        var requests = new ChangeRequests<MacKey>();
        Links links = Links.read(rtnl);
        for (Change<MacKey, Place> change : batch) {
            MacKey key = change.key();
            Links.Seen vxlan = links.vxlan(key.vni());
            if (vxlan == null) {
                if (change instanceof Change.Put<MacKey, Place>) {
                    requests.fail(key, "no interface " + SegmentDevices.vxlan(key.vni()));
                }
                continue;
            }
            InterfaceIndex device = vxlan.link().index();
            switch (change) {
                case Change.Put<MacKey, Place>(MacKey _, Place to, Place _) -> put(key, to, device, links, requests);
                case Change.Remove<MacKey, Place>(MacKey _, Place from) -> {
                    requests.delete(key, new FdbEntry(device, key.mac(), ANY_VTEP).delete());
                    Links.Seen port = from instanceof Place.At(InterfaceName name) ? links.find(name) : vxlan;
                    if (port != null && key.vni().equals(links.segmentOfPort(port))) {
                        requests.delete(key, new FdbEntry(port.link().index(), key.mac(), null).delete());
                    }
                }
            }
        }
        return requests.execute(rtnl);
    }

    private static void put(MacKey key, Place to, InterfaceIndex device, Links links, ChangeRequests<MacKey> requests) {
        MacAddress mac = key.mac();
        switch (to) {
            case Place.Behind(IpAddress vtep, Way way) -> {
                requests.put(key, new FdbEntry(device, mac, vtep, way.link()).put());
                requests.put(key, new FdbEntry(device, mac, null).put());
            }
            case Place.At(InterfaceName name) -> {
                Links.Seen port = links.find(name);
                if (port == null || !key.vni().equals(links.segmentOfPort(port))) {
                    requests.fail(key, name + " is no port of segment " + key.vni());
                } else {
                    requests.put(key, new FdbEntry(port.link().index(), mac, null).put());
                    requests.delete(key, new FdbEntry(device, mac, ANY_VTEP).delete());
                }
            }
        }
    }
}
