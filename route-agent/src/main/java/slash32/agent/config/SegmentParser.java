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
import slash32.agent.intent.OverlayRule;
import slash32.agent.intent.SegmentTerms;
import slash32.agent.intent.Tenant;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.NumberRange;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.Encapsulation;
import slash32.overlay.evpn.FrameRules;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;

/// Reads the segments of a node, by which rules their frames go, and to whom VNIs are delegated.
final class SegmentParser {
    private static final Scalar<Vni> VNI =
            new Scalar<>(Tag.INT, "1 to 16777215", text -> new Vni((int) Math.min(Scalar.integer(text), 1L << 24)));
    private static final Scalar<Segment.Flooding> FLOODING =
            new Scalar<>(Tag.STR, "none, arp, full", SegmentParser::flooding);
    private static final Scalar<MacAddress> MAC =
            new Scalar<>(Tag.STR, "a unicast MAC address", SegmentParser::unicast);
    private static final Scalar<Long> MTU = PolicyParser.number(1_280, 65_450);
    private static final Scalar<NumberRange> VNIS =
            new Scalar<>(Tag.STR, "a range of VNIs such as \"5000-5999\" or \"7000\"", SegmentParser::vnis);
    private static final Scalar<NumberRange> VLANS =
            new Scalar<>(Tag.STR, "a range of VLANs such as \"100-199\" or \"7\"", SegmentParser::vlans);
    private static final Scalar<Long> MULTICAST = PolicyParser.number(1, 1_000_000);
    private static final Scalar<Carriage> CARRIAGE = new Scalar<>(Tag.STR, "esp-tunnel, ipip, gre", Carriage::parse);
    private static final Scalar<SiteId> SITE =
            new Scalar<>(Tag.INT, "1 to 4294967295", text -> new SiteId(Scalar.integer(text)));

    private static final Scalar<GatewayAddress> GATEWAY =
            new Scalar<>(Tag.STR, "an address with its prefix length, such as \"10.5.0.1/24\"", GatewayAddress::parse);

    private final List<OverlayRule> overlays;
    private final @Nullable UnderlayConfig underlay;
    private final @Nullable SiteId site;
    private final List<Gateway> gateways = new ArrayList<>();
    private final Set<Vni> vnis = new HashSet<>();
    private final Set<String> names = new HashSet<>();
    private final Set<InterfaceName> devices = new HashSet<>();

    private SegmentParser(List<OverlayRule> overlays, @Nullable UnderlayConfig underlay, @Nullable SiteId site) {
        this.overlays = overlays;
        this.underlay = underlay;
        this.site = site;
    }

    /// What of a file's root is about segments; to be called before its end.
    ///
    /// @param crosses packets may go to other sites
    /// @param underlay null if there is something wrong in it
    /// @param site of this node; null if the file does not say it
    static Field<SegmentTerms> terms(
            Section root, boolean crosses, @Nullable UnderlayConfig underlay, @Nullable SiteId site) {
        var names = new HashSet<String>();
        var overlays = root.sections("overlays", section -> overlay(section, names, crosses));
        var owners = new HashSet<String>();
        var tenants = root.sections("tenants", section -> tenant(section, owners));
        var parser = new SegmentParser(overlays.or(List.of()), underlay, site);
        var segments = root.sections("segments", parser::segment);
        return new Field<>(
                segments.node(),
                new SegmentTerms(overlays.or(List.of()), tenants.or(List.of()), segments.or(List.of())));
    }

    private static @Nullable OverlayRule overlay(Section section, Set<String> names, boolean crosses) {
        var name = section.required("name", Scalar.NAME);
        var address = section.optional("address", Scalar.IPV4);
        var port = section.optional("port", Scalar.PORT, Encapsulation.VXLAN_PORT);
        var mtu = section.optional("mtu", MTU, (long) OverlayRule.DEFAULT_MTU_BYTES);
        var sites = section.list("sites", SITE, List.of());
        var carriage = section.optional("encapsulation", CARRIAGE);
        if (carriage.value() != null && !crosses) {
            section.problem(carriage, "encapsulation", "needs overlay, without which nothing goes to other sites");
        }
        once(section, name, "name", names);
        return section.end()
                ? new OverlayRule(
                        name.get(),
                        address.value(),
                        port.get(),
                        mtu.get().intValue(),
                        Set.copyOf(sites.get()),
                        carriage.value())
                : null;
    }

    private static @Nullable Tenant tenant(Section section, Set<String> names) {
        var name = section.required("name", Scalar.NAME);
        var vnis = section.list("vnis", VNIS, List.of());
        once(section, name, "name", names);
        var vlans = section.list("vlans", VLANS, List.of());
        return section.end() ? new Tenant(name.get(), vnis.get(), vlans.get()) : null;
    }

    private static NumberRange vlans(String text) {
        NumberRange range = NumberRange.parse(text);
        if (!NumberRange.covers(List.of(FrameRules.ALL_VLANS), range)) {
            throw new IllegalArgumentException("VLANs are 1 to 4094, not " + text);
        }
        return range;
    }

    private static NumberRange vnis(String text) {
        NumberRange range = NumberRange.parse(text);
        if (range.first() < 1 || range.last() > 0xff_ffff) {
            throw new IllegalArgumentException("VNIs are 1 to 16777215, not " + text);
        }
        return range;
    }

    /// The rule of this name; null if there is none.
    private @Nullable OverlayRule rule(String name) {
        return new SegmentTerms(overlays, List.of(), List.of()).overlay(name);
    }

    /// The segment of a section; null if there is something wrong in it.
    @Nullable
    Segment segment(Section section) {
        var name = section.required("name", Scalar.NAME);
        var vni = section.required("vni", VNI);
        var flooding = section.optional("flooding", FLOODING, Segment.Flooding.NONE);
        var overlay = section.optional("overlay", Scalar.NAME, OverlayRule.DEFAULT_NAME);
        OverlayRule rule = overlay.value() == null ? null : rule(overlay.value());
        if (overlay.value() != null && rule == null) {
            section.problem(overlay, "overlay", "is none of overlays: " + overlay.value());
        } else if (rule != null && site != null && !rule.holdsIn(site)) {
            section.problem(overlay, "overlay", rule.name() + " does not hold in this node's site, " + site);
        }
        int most = rule == null ? OverlayRule.DEFAULT_MTU_BYTES : rule.mtuBytes();
        var mtu = section.optional("mtu", MTU, (long) most);
        var vlans = section.list("vlans", VLANS, List.of(FrameRules.ALL_VLANS));
        var multicast = section.optional("multicastPerSecond", MULTICAST);
        var addresses = section.list("gateway", GATEWAY, List.of());
        var macs = new HashSet<MacAddress>();
        var ports = section.sections("ports", port -> port(port, macs));
        once(section, vni, "vni", vnis);
        once(section, name, "name", names);
        Gateway gateway = gateway(section, addresses, ports.or(List.of()));
        return section.end() && rule != null
                ? new Segment(
                        name.get(),
                        vni.get(),
                        flooding.get(),
                        mtu.get().intValue(),
                        rule.encapsulation(),
                        new FrameRules(vlans.get(), multicast.value() == null ? null : (int) (long) multicast.get()),
                        gateway,
                        ports.get())
                : null;
    }

    /// What is wrong with it is noted; then there is none.
    private Gateway gateway(Section section, Field<List<GatewayAddress>> addresses, List<Port> ports) {
        Gateway gateway;
        try {
            gateway = new Gateway(addresses.or(List.of()));
        } catch (IllegalArgumentException e) {
            section.problem(addresses, "gateway", String.valueOf(e.getMessage()));
            return Gateway.NONE;
        }
        String reason = refusal(gateway, ports);
        if (reason != null) {
            section.problem(addresses, "gateway", reason);
            return Gateway.NONE;
        }
        gateways.add(gateway);
        return gateway;
    }

    private @Nullable String refusal(Gateway gateway, List<Port> ports) {
        for (GatewayAddress address : gateway.addresses()) {
            IpAddress own =
                    underlay == null ? null : address.address().isIpv4() ? underlay.address() : underlay.address6();
            if (underlay != null && own == null) {
                return address + " needs underlay.address6";
            }
            if (own != null && address.prefix().contains(own)) {
                return address.prefix() + " has this node's own underlay address in it, " + own;
            }
        }
        for (Gateway other : gateways) {
            Prefix common = gateway.overlap(other);
            if (common != null) {
                return common + " overlaps the gateway of another segment";
            }
        }
        for (Port port : ports) {
            for (IpAddress address : port.addresses()) {
                String refusal = gateway.isThere() ? gateway.refusal(address) : null;
                if (refusal != null) {
                    return "port " + port.device() + ": " + refusal;
                }
            }
        }
        return null;
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
        if (mac.equals(MacAddress.GATEWAY)) {
            throw new IllegalArgumentException("every gateway's MAC address: '" + text + "'");
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
