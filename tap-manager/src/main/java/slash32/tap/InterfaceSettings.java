package slash32.tap;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import slash32.net.InterfaceName;

/// The sysctls of one interface.
///
/// @param values what each is set to; empty for one that the kernel lacks
public record InterfaceSettings(Map<Key, String> values) {

    /// Names a sysctl.
    ///
    /// @param folder below /proc/sys/net, in which each interface has a folder
    public record Key(String folder, String name) {}

    /// What a TAP with a guest behind it must have. The reasons are in docs/design/tap.md.
    public static final InterfaceSettings GUEST_FACING = new InterfaceSettings(Map.ofEntries(
            ipv4("forwarding", 1),
            ipv4("rp_filter", 2),
            ipv4("arp_ignore", 1),
            ipv4("arp_announce", 2),
            ipv4("proxy_arp", 0),
            ipv4("accept_local", 0),
            ipv4("accept_redirects", 0),
            ipv4("send_redirects", 0),
            ipv6("disable_ipv6", 0),
            ipv6("addr_gen_mode", 1),
            ipv6("accept_dad", 0),
            ipv6("forwarding", 1),
            ipv6("accept_ra", 0),
            ipv6("accept_redirects", 0),
            ipv6("proxy_ndp", 0)));

    public InterfaceSettings {
        values = Map.copyOf(values);
    }

    private static Map.Entry<Key, String> ipv4(String name, int value) {
        return Map.entry(new Key("ipv4/conf", name), Integer.toString(value));
    }

    private static Map.Entry<Key, String> ipv6(String name, int value) {
        return Map.entry(new Key("ipv6/conf", name), Integer.toString(value));
    }

    /// What the keys of {@link #GUEST_FACING} are set to on this interface.
    static InterfaceSettings read(InterfaceName device) throws IOException {
        var found = new HashMap<Key, String>();
        for (Key key : GUEST_FACING.values.keySet()) {
            found.put(key, Sysctl.read(path(key, device)));
        }
        return new InterfaceSettings(found);
    }

    /// Writes what differs.
    void write(InterfaceName device) throws IOException {
        for (Map.Entry<Key, String> setting : values.entrySet()) {
            String path = path(setting.getKey(), device);
            if (!Sysctl.read(path).equals(setting.getValue())) {
                Sysctl.write(path, setting.getValue());
            }
        }
    }

    private static String path(Key key, InterfaceName device) {
        return "net/" + key.folder() + "/" + device + "/" + key.name();
    }
}
