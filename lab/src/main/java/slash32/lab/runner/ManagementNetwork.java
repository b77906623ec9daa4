package slash32.lab.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.lab.topology.ManagementSpec;
import slash32.lab.topology.NodeSpec;
import slash32.lab.yaml.Located;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// The bridge of the host that `eth0` of nodes is connected to; labs with the same network share it.
///
/// There is no store of addresses: each port's alias says whose it is and which addresses it has. The bridge is ours if
/// its alias says so, and goes with its last port.
final class ManagementNetwork {
    static final String ALIAS = "slash32-lab";
    private static final Path LOCK = Path.of("/run/lock/slash32-lab-management");
    private static final JsonMapper JSON = new JsonMapper();

    private final ManagementSpec spec;
    private final String bridge;

    ManagementNetwork(ManagementSpec spec) {
        this.spec = spec;
        this.bridge = spec.bridge() == null ? "br-" + Devices.hash(spec.network(), 10) : spec.bridge();
    }

    /// What a node got.
    record Connection(String ipv4, String ipv6) {}

    String bridge() {
        return bridge;
    }

    /// The name of a node's port.
    static String port(String longName) {
        return "clab" + Devices.hash(longName, 10);
    }

    /// Makes the bridge unless it is there.
    void make() throws IOException {
        try (var channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid() || HostCommand.succeeds("ip", "link", "show", "dev", bridge)) {
                return;
            }
            HostCommand.run("ip", "link", "add", "name", bridge, "mtu", "" + spec.mtuBytes(), "type", "bridge");
            HostCommand.run("ip", "link", "set", "dev", bridge, "alias", ALIAS, "up");
            for (Prefix subnet : new Prefix[] {spec.ipv4Subnet(), spec.ipv6Subnet()}) {
                String address = gateway(subnet) + "/" + subnet.length();
                HostCommand.run(
                        subnet.isIpv4()
                                ? new String[] {"ip", "address", "add", address, "dev", bridge}
                                : new String[] {"ip", "address", "add", address, "dev", bridge, "nodad"});
            }
        }
    }

    /// Connects `eth0` of a node.
    Connection connect(NodeSpec node, String longName) throws IOException {
        try (var channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid()) {
                throw new LabException("lost the lock of " + LOCK);
            }
            Set<String> taken = taken();
            IpAddress ipv4 = choose(node.managementIpv4(), spec.ipv4Subnet(), taken);
            IpAddress ipv6 = choose(node.managementIpv6(), spec.ipv6Subnet(), taken);
            String port = port(longName);
            Devices.addVeth(
                    new Devices.End(null, port, Devices.mac(longName + " host")),
                    new Devices.End(longName, "eth0", Devices.mac(longName + " eth0")),
                    spec.mtuBytes());
            String alias = ALIAS + " " + longName + " " + ipv4 + " " + ipv6;
            HostCommand.run("ip", "link", "set", "dev", port, "alias", alias, "master", bridge);
            address(longName, ipv4, spec.ipv4Subnet());
            address(longName, ipv6, spec.ipv6Subnet());
            return new Connection(ipv4.toString(), ipv6.toString());
        }
    }

    private void address(String namespace, IpAddress address, Prefix subnet) throws IOException {
        String family = subnet.isIpv4() ? "-4" : "-6";
        String text = address + "/" + subnet.length();
        if (subnet.isIpv4()) {
            HostCommand.run("ip", "-n", namespace, "address", "add", text, "dev", "eth0");
        } else {
            HostCommand.run("ip", "-n", namespace, "address", "add", text, "dev", "eth0", "nodad");
        }
        HostCommand.run(
                "ip",
                "-n",
                namespace,
                family,
                "route",
                "add",
                "default",
                "via",
                gateway(subnet).toString(),
                "dev",
                "eth0");
    }

    /// The addresses of every port, of whatever lab.
    private Set<String> taken() throws IOException {
        var taken = new HashSet<String>();
        for (JsonNode port : ports()) {
            String[] words = port.path("ifalias").asText().split(" ", -1);
            if (words.length == 4 && words[0].equals(ALIAS)) {
                taken.add(words[2]);
                taken.add(words[3]);
            }
        }
        return taken;
    }

    private JsonNode ports() throws IOException {
        return JSON.readTree(HostCommand.run("ip", "-json", "link", "show", "master", bridge));
    }

    private IpAddress choose(@Nullable Located<IpAddress> wanted, Prefix subnet, Set<String> taken)
            throws LabException {
        if (wanted != null) {
            if (taken.contains(wanted.value().toString())) {
                throw new LabException(wanted.place() + ": " + wanted.value() + " belongs to a node of another lab");
            }
            return wanted.value();
        }
        IpAddress address = next(subnet.address());
        while (address.equals(gateway(subnet)) || taken.contains(address.toString())) {
            address = next(address);
        }
        if (!subnet.contains(next(address))) {
            throw new LabException("the management network " + subnet + " has no address left");
        }
        return address;
    }

    private IpAddress gateway(Prefix subnet) {
        IpAddress stated = subnet.isIpv4() ? spec.ipv4Gateway() : spec.ipv6Gateway();
        return stated == null ? next(subnet.address()) : stated;
    }

    private static IpAddress next(IpAddress address) {
        byte[] bytes = new BigInteger(1, address.toArray()).add(BigInteger.ONE).toByteArray();
        byte[] fixed = new byte[address.bits() / 8];
        int length = Math.min(bytes.length, fixed.length);
        System.arraycopy(bytes, bytes.length - length, fixed, fixed.length - length, length);
        return IpAddress.of(fixed);
    }

    /// Deletes a bridge of ours that has no ports left.
    static void release(String bridge) throws IOException {
        try (var channel = FileChannel.open(LOCK, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (!lock.isValid() || !HostCommand.succeeds("ip", "link", "show", "dev", bridge)) {
                return;
            }
            JsonNode link = JSON.readTree(HostCommand.run("ip", "-json", "link", "show", "dev", bridge));
            boolean ours = link.path(0).path("ifalias").asText().equals(ALIAS);
            if (ours
                    && JSON.readTree(HostCommand.run("ip", "-json", "link", "show", "master", bridge))
                            .isEmpty()) {
                HostCommand.run("ip", "link", "delete", "dev", bridge);
            }
        }
    }
}
