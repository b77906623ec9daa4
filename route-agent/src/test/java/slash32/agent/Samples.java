package slash32.agent;

import java.util.List;
import java.util.Map;
import slash32.agent.intent.DeviceKind;
import slash32.agent.intent.DeviceMode;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointRole;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.MetadataSpec;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentPort;
import slash32.agent.intent.SegmentPorts;
import slash32.agent.intent.SegmentRef;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.intent.SpecBuilder;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.NumberRange;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.Segment;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Rate;
import slash32.securitygroup.RateLimit;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.tap.gateway.GuestSettings;
import slash32.tap.gateway.Ipv6Assignment;

/// Endpoints and groups to test with.
public final class Samples {
    private Samples() {}

    /// An endpoint with the addresses 10.1.x.y and fd00:1::x:y for {@code number} x × 256 + y.
    public static EndpointSpec endpoint(int number) {
        return new SpecBuilder("vm-" + number, "tap" + number, new MacAddress(0x0216_3e00_0000L + number))
                .generation(1)
                .addresses(List.of(
                        Prefix.parse("10.1." + (number >> 8) + "." + (number & 0xff)),
                        Prefix.parse("fd00:1::" + Integer.toHexString(number))))
                .groups(new GroupId(100))
                .pairs(List.of(new AddressPair(Prefix.parse("10.99.0.0/24"), MacAddress.parse("00:00:5e:00:01:07"))))
                .build();
    }

    /// One that uses every component, made by the agent.
    public static EndpointSpec createdEndpoint() {
        return new EndpointSpec(
                new EndpointId("made"),
                7,
                new InterfaceName("tap-made"),
                DeviceMode.CREATE,
                DeviceKind.TAP,
                EndpointRole.MIGRATION_TARGET,
                MacAddress.parse("fa:16:3e:00:00:07"),
                List.of(Prefix.parse("10.7.0.7")),
                List.of(),
                List.of(),
                false,
                9000,
                107,
                64055,
                true,
                500,
                new GuestSettings(
                        true,
                        "made",
                        "example.org",
                        List.of(IpAddress.parse("10.0.0.53"), IpAddress.parse("fd00::53")),
                        List.of(Prefix.parse("10.7.0.0/24")),
                        List.of(Prefix.parse("10.0.0.0/8"), Prefix.parse("fd00::/8")),
                        false,
                        3600,
                        Ipv6Assignment.STATIC),
                new MetadataSpec("i-7", "#cloud-config\n", List.of("ssh-ed25519 AAAA root@example"), false, null),
                Map.of(
                        Direction.EGRESS,
                        new RateLimit(new Rate(100_000, 20_000), new Rate(500, 500)),
                        Direction.INGRESS,
                        new RateLimit(null, new Rate(1_000, 1))),
                new SegmentPorts(
                        "acme",
                        List.of(
                                new SegmentPort(
                                        new SegmentRef.Named(new SegmentId("blue")),
                                        new InterfaceName("tap-blue"),
                                        MacAddress.parse("fa:16:3e:00:00:08"),
                                        List.of(IpAddress.parse("192.0.2.8"), IpAddress.parse("fd00:8::8")),
                                        true),
                                new SegmentPort(
                                        new SegmentRef.OfOverlay("wide", new Vni(5001)),
                                        new InterfaceName("tap-5001"),
                                        MacAddress.parse("fa:16:3e:00:00:09"),
                                        List.of(),
                                        false))));
    }

    /// A segment that uses every component.
    public static SegmentSpec segment() {
        return new SegmentSpec(
                new SegmentId("blue"),
                new Vni(5000),
                "acme",
                "wide",
                Segment.Flooding.FULL,
                1400,
                List.of(new NumberRange(100, 199), new NumberRange(7, 7)),
                1000,
                new Gateway(List.of(GatewayAddress.parse("10.5.0.1/24"), GatewayAddress.parse("fd05::1/64"))));
    }

    /// A segment that leaves out all that may be.
    public static SegmentSpec otherSegment() {
        return new SegmentSpec(
                new SegmentId("red"), new Vni(1), null, "default", Segment.Flooding.NONE, null, null, null);
    }

    /// A group with a rule of each kind.
    public static SecurityGroup group(long number) {
        return new SecurityGroup(
                new GroupId(number),
                "web",
                true,
                List.of(Prefix.parse("10.3.0.0/16"), Prefix.parse("fd00:3::1")),
                List.of(
                        new Rule("out", Direction.EGRESS, EtherType.IPV4, new Traffic.Any(), new Remote.Anywhere()),
                        new Rule(
                                "https",
                                Direction.INGRESS,
                                EtherType.IPV4,
                                Traffic.of(EtherType.IPV4, "tcp", 443, 443),
                                new Remote.Addresses(Prefix.parse("10.0.0.0/8"))),
                        new Rule(
                                "ping6",
                                Direction.INGRESS,
                                EtherType.IPV6,
                                Traffic.of(EtherType.IPV6, "ipv6-icmp", 128, 0),
                                new Remote.Members(new GroupId(number))),
                        new Rule(
                                "gre",
                                Direction.INGRESS,
                                EtherType.IPV4,
                                Traffic.of(EtherType.IPV4, "gre", null, null),
                                new Remote.Members(new GroupId(7)))));
    }
}
