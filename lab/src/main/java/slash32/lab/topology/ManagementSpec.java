package slash32.lab.topology;

import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.YamlMapping;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// The management network: one bridge on the host, to which `eth0` of the nodes is connected.
///
/// @param network its name
/// @param bridge the bridge's name; null for one made of the network's name
/// @param ipv4Gateway the bridge's own address; null for the subnet's first
/// @param ipv6Gateway the bridge's own address; null for the subnet's first
public record ManagementSpec(
        String network,
        @Nullable String bridge,
        Prefix ipv4Subnet,
        Prefix ipv6Subnet,
        @Nullable IpAddress ipv4Gateway,
        @Nullable IpAddress ipv6Gateway,
        int mtuBytes) {
    private static final int MTU_BYTES = 1500;

    static final ManagementSpec DEFAULT = new ManagementSpec(
            "clab", null, Prefix.parse("172.20.20.0/24"), Prefix.parse("3fff:172:20:20::/64"), null, null, MTU_BYTES);

    static ManagementSpec read(YamlMapping mapping) {
        Located<String> network = mapping.text("network");
        Located<String> bridge = mapping.text("bridge");
        Located<Prefix> ipv4Subnet = mapping.value("ipv4-subnet", text -> subnet(text, true));
        Located<Prefix> ipv6Subnet = mapping.value("ipv6-subnet", text -> subnet(text, false));
        Located<IpAddress> ipv4Gateway = mapping.value("ipv4-gw", Ipv4Address::parse);
        Located<IpAddress> ipv6Gateway = mapping.value("ipv6-gw", Ipv6Address::parse);
        int mtuBytes = mapping.integer("mtu", 68, 65_535, MTU_BYTES);
        // Every node says for itself whether it uses the network, so an unused one is never made.
        mapping.skip("skip-when-unused");
        mapping.ignore("external-access", "nothing here changes the host's forwarding or NAT");
        mapping.ignore("driver-opts", "there is no container runtime");
        mapping.refuse("ipv4-range", "is not supported; set mgmt-ipv4 on the nodes");
        mapping.refuse("ipv6-range", "is not supported; set mgmt-ipv6 on the nodes");
        mapping.end();
        return new ManagementSpec(
                network == null ? DEFAULT.network : network.value(),
                bridge == null ? null : bridge.value(),
                ipv4Subnet == null ? DEFAULT.ipv4Subnet : ipv4Subnet.value(),
                ipv6Subnet == null ? DEFAULT.ipv6Subnet : ipv6Subnet.value(),
                ipv4Gateway == null ? null : ipv4Gateway.value(),
                ipv6Gateway == null ? null : ipv6Gateway.value(),
                mtuBytes);
    }

    private static Prefix subnet(String text, boolean ipv4) {
        if (text.equals("auto")) {
            throw new IllegalArgumentException("auto is not supported; write the subnet");
        }
        int slash = text.indexOf('/');
        Prefix host = Prefix.parse(slash < 0 ? text : text.substring(0, slash));
        Prefix subnet = slash < 0 ? host : parse(host.address(), text.substring(slash + 1), text);
        if (subnet.isIpv4() != ipv4 || subnet.address().bits() - subnet.length() < 2) {
            throw new IllegalArgumentException(
                    "must be an " + (ipv4 ? "IPv4" : "IPv6") + " subnet with room for nodes, was '" + text + "'");
        }
        return subnet;
    }

    private static Prefix parse(IpAddress address, String length, String text) {
        if (!length.matches("\\d{1,3}") || Integer.parseInt(length) > address.bits()) {
            throw new IllegalArgumentException("is not a subnet: '" + text + "'");
        }
        return Prefix.containing(address, Integer.parseInt(length));
    }
}
