package slash32.agent.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.Section.Field;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;

/// Reads the segments of a node.
final class SegmentParser {
    private static final Scalar<Vni> VNI =
            new Scalar<>(Tag.INT, "1 to 16777215", text -> new Vni((int) Math.min(Scalar.integer(text), 1L << 24)));
    private static final Scalar<Segment.Flooding> FLOODING =
            new Scalar<>(Tag.STR, "none, full", SegmentParser::flooding);
    private static final Scalar<MacAddress> MAC =
            new Scalar<>(Tag.STR, "a unicast MAC address", SegmentParser::unicast);
    private static final Scalar<Long> MTU = PolicyParser.number(1_280, 65_450);
    /// What VXLAN leaves of 1500 octets over IPv4.
    private static final long DEFAULT_MTU_BYTES = 1_450;

    private final Set<Vni> vnis = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private final Set<InterfaceName> devices = new HashSet<>();

    /// The segment of a section; null if there is something wrong in it.
    @Nullable
    Segment segment(Section section) {
        var name = section.required("name", Scalar.NAME);
        var vni = section.required("vni", VNI);
        var flooding = section.optional("flooding", FLOODING, Segment.Flooding.NONE);
        var mtu = section.optional("mtu", MTU, DEFAULT_MTU_BYTES);
        var macs = new HashSet<MacAddress>();
        var ports = section.sections("ports", port -> port(port, macs));
        once(section, vni, "vni", vnis);
        once(section, name, "name", names);
        return section.end()
                ? new Segment(name.get(), vni.get(), flooding.get(), mtu.get().intValue(), ports.get())
                : null;
    }

    private @Nullable Port port(Section section, Set<MacAddress> macs) {
        var device = section.required("device", Scalar.INTERFACE);
        var mac = section.required("mac", MAC);
        var addresses = section.list("addresses", Scalar.ADDRESS, List.of());
        var sticky = section.optional("sticky", Scalar.BOOLEAN, false);
        once(section, device, "device", devices);
        once(section, mac, "mac", macs);
        return section.end() ? new Port(device.get(), mac.get(), new ArrayList<>(addresses.get()), sticky.get()) : null;
    }

    private static <T> void once(Section section, Field<T> field, String key, Set<T> seen) {
        if (field.value() != null && !seen.add(field.value())) {
            section.problem(field, key, "is there twice: " + field.value());
        }
    }

    private static MacAddress unicast(String text) {
        MacAddress mac = MacAddress.parse(text);
        if (mac.isGroup() || mac.value() == 0) {
            throw new IllegalArgumentException("not a unicast MAC address: '" + text + "'");
        }
        return mac;
    }

    private static Segment.Flooding flooding(String text) {
        return Arrays.stream(Segment.Flooding.values())
                .filter(flooding -> flooding.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such way of flooding: '" + text + "'"));
    }
}
