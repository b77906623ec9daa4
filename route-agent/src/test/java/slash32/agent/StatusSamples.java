package slash32.agent;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.status.AdminVerdict;
import slash32.agent.status.AdminView;
import slash32.agent.status.BfdView;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.EvpnView;
import slash32.agent.status.ExplanationView;
import slash32.agent.status.FileView;
import slash32.agent.status.GroupView;
import slash32.agent.status.MemoryView;
import slash32.agent.status.PathsView;
import slash32.agent.status.PeerView;
import slash32.agent.status.Proofs;
import slash32.agent.status.RibView;
import slash32.agent.status.RouteView;
import slash32.agent.status.SasView;
import slash32.agent.status.SegmentWay;
import slash32.agent.status.SegmentsView;
import slash32.agent.status.Snapshot;
import slash32.agent.status.TableView;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.net.Vni;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Refusal;
import slash32.overlay.evpn.Segment;
import slash32.overlay.evpn.SegmentStatus;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.mesh.Mesh;
import slash32.overlay.pki.PeerCertificate;
import slash32.overlay.pki.RevocationList;
import slash32.overlay.probe.PathState;
import slash32.overlay.probe.PathStatus;
import slash32.overlay.probe.ProbedPath;
import slash32.overlay.vxlan.FrameCount;
import slash32.overlay.vxlan.OffloadFault;
import slash32.securitygroup.Direction;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Judgement;

/// A node to look at: two peers, one of them down; three endpoints, one waiting for its TAP, one refused.
public final class StatusSamples {
    public static final Instant START = Instant.parse("2026-11-21T08:00:00Z");
    public static final Instant NOW = START.plusSeconds(3 * 3600 + 25 * 60);

    private StatusSamples() {}

    public static Snapshot snapshot() {
        return new Snapshot(
                42,
                new Snapshot.Node("hv1", "0.1.0", START),
                true,
                List.of(up(Samples.createdEndpoint()), waiting(Samples.endpoint(1)), failed(Samples.endpoint(2))),
                List.of(new GroupView(Samples.group(100), 4, 38)),
                List.of(
                        new FileView("infra.yaml", 2, 1, null),
                        new FileView("web.yaml", 1, 0, "line 3, column 5: endpoints[0].mac: is missing")),
                peers(),
                List.of(new RibView("ipv4-unicast", 120, 60, 1), new RibView("ipv6-unicast", 100, 50, 0)),
                110,
                List.of(
                        new TableView("link", 3, 2, 17, 0, List.of()),
                        new TableView(
                                "route",
                                5,
                                4,
                                40,
                                3,
                                List.of(new TableView.TableFailure(
                                        "10.1.0.2/32", "add route 10.1.0.2/32 dev tap2: ENOSPC (No space left)")))),
                new AdminView(
                        Ipv4Address.parse("10.99.0.11"),
                        Prefix.parse("10.99.0.0/24"),
                        List.of(
                                new AdminView.Node(
                                        Ipv4Address.parse("10.99.0.12"), Ipv4Address.parse("10.0.1.12"), false),
                                new AdminView.Node(
                                        Ipv4Address.parse("10.99.0.11"), Ipv4Address.parse("10.0.2.13"), true)),
                        List.of("10.99.0.11 is this node's and also 10.0.2.13's")));
    }

    /// What the admin network makes of packets there; null for those that are not.
    public static @Nullable AdminVerdict admin(IpAddress destination) {
        return Prefix.parse("10.99.0.0/24").contains(destination)
                ? new AdminVerdict(false, "BGP, BFD and tunnels never go over the admin network")
                : null;
    }

    private static List<PeerView> peers() {
        return List.of(
                new PeerView(
                        IpAddress.parse("10.0.0.1"),
                        null,
                        new Asn(65000),
                        "Established",
                        START.plusSeconds(2),
                        null,
                        new BfdView(
                                "Up",
                                START.plusSeconds(1),
                                "no diagnostic",
                                "Up",
                                Duration.ofMillis(50),
                                Duration.ofMillis(150),
                                40_000,
                                41_000,
                                0),
                        1,
                        new PeerView.Traffic(1000, 900, 120, 4, 6),
                        List.of(
                                new PeerView.Family("ipv4-unicast", 60, 1, true),
                                new PeerView.Family("ipv6-unicast", 50, 0, true))),
                new PeerView(
                        IpAddress.parse("2001:db8::2"),
                        null,
                        new Asn(4200000001L),
                        "Active",
                        NOW.minusSeconds(75),
                        "connect: Connection refused",
                        null,
                        3,
                        new PeerView.Traffic(10, 11, 1, 1, 0),
                        List.of()),
                new PeerView(
                        IpAddress.parse("::"),
                        new InterfaceName("up1"),
                        new Asn(65100),
                        "Idle",
                        NOW.minusSeconds(5),
                        "up1 is down",
                        null,
                        0,
                        new PeerView.Traffic(0, 0, 0, 0, 0),
                        List.of()));
    }

    public static SegmentsView segments() {
        var port = new Port(
                new InterfaceName("tap7"),
                MacAddress.parse("02:00:00:00:00:07"),
                List.of(IpAddress.parse("192.0.2.7")),
                false);
        var blue = new Segment("blue", new Vni(100), Segment.Flooding.FULL, 1450, List.of(port));
        var status = new SegmentStatus(blue, 1, 0, 3, 1, 0, 5, 2, 0, 2, List.of(IpAddress.parse("10.0.0.12")));
        return new SegmentsView(
                List.of(status),
                Map.of(new InterfaceName("tap7"), "no interface tap7"),
                Map.of(Refusal.VNI, 4L),
                Map.of(FrameCount.SPOOFED_MAC, 12L, FrameCount.QUESTIONS, 40L),
                Map.of("segment", 1L, "segment_fdb", 2L),
                List.of(new OffloadFault(
                        new InterfaceName("eth0"),
                        "vmxnet3",
                        List.of("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"))));
    }

    /// The last octet of {@code 192.0.2.0/24} says where it is: a port here, this site, another one, one that nobody
    /// tells, a port here behind its segment's gateway whose groups let nothing pass.
    public static List<SegmentWay> segmentWays(IpAddress destination) {
        if (!Prefix.parse("192.0.2.0/24").contains(destination)) {
            return List.of();
        }
        IpAddress node = IpAddress.parse("10.0.2.13");
        byte last = destination.toArray()[3];
        SegmentWay.Place place = switch (last) {
            case 1, 5 -> new SegmentWay.Place.Here(new InterfaceName("tap7"), null);
            case 2 -> new SegmentWay.Place.Behind(IpAddress.parse("10.0.0.12"), Path.NATIVE, true);
            case 3 ->
                new SegmentWay.Place.Behind(
                        node,
                        new Path.Encrypted(
                                Ipv4Address.parse("10.0.2.13"),
                                Ipv4Address.parse("203.0.113.13"),
                                new SiteId(2),
                                Carriage.GRE),
                        true);
            default -> new SegmentWay.Place.Behind(node, new Path.Refused(Path.Reason.SITE_UNKNOWN), false);
        };
        var mac = MacAddress.parse("02:00:00:00:00:0" + destination.toArray()[3]);
        List<EvpnView> routes = place instanceof SegmentWay.Place.Behind(IpAddress vtep, var _, var _)
                ? List.of(new EvpnView(
                        2,
                        mac + " " + destination,
                        vtep + ":100",
                        100,
                        vtep.toString(),
                        List.of("65000:100"),
                        1,
                        false,
                        "10.0.0.1",
                        true))
                : List.of();
        List<GroupId> groups = routes.isEmpty() || last == 3 ? List.of() : List.of(new GroupId(7), new GroupId(8));
        var holder = new SegmentWay.Holder(mac, routes.size(), false, place, groups, routes);
        var way = new SegmentWay(
                "blue",
                new Vni(100),
                3,
                List.of(),
                List.of(holder),
                new SegmentWay.Led(false, last == 5),
                last == 5 ? List.of(noRule()) : List.of());
        return List.of(way);
    }

    private static ExplanationView.End noRule() {
        var judgement =
                new Judgement(new InterfaceName("tap7"), Direction.INGRESS, Judgement.Cause.NO_RULE, null, null, true);
        return new ExplanationView.End(new EndpointId("vm-7"), judgement, null);
    }

    public static MemoryView memory() {
        return new MemoryView(
                List.of(
                        new TableSize("rib ipv4-unicast", 1_000_000, 65_011_712),
                        new TableSize("attributes", 1_000, 74_000),
                        new TableSize("rib ipv6-unicast", 0, 900),
                        new TableSize("intent", 12, TableSize.OBJECTS)),
                new MemoryView.Heap(90_000_000, 110_000_000, 512 << 20),
                List.of(
                        new MemoryView.Area("metaspace", 30_000_000),
                        new MemoryView.Area("code", 6_000_000),
                        new MemoryView.Area("direct buffers", 1_048_576)),
                new MemoryView.Resident(160_000_000, 145_000_000, 15_000_000, 201_000_000));
    }

    public static SasView sas() {
        Ipv4Address node = Ipv4Address.parse("10.0.2.13");
        Ipv4Address external = Ipv4Address.parse("203.0.113.13");
        var secret = Secret.copyOf(new byte[36]);
        var child = new ChildSa(
                Identity.address(node),
                0x1001,
                0x2001,
                secret,
                secret,
                true,
                false,
                true,
                List.of(),
                List.of(),
                new slash32.overlay.ike.exchange.Path(Ipv4Address.parse("203.0.113.11"), 4500, external, 4500));
        Ipv4Address other = Ipv4Address.parse("10.0.2.14");
        return SasView.of(
                new SasView.Carrier(SasView.Carrier.Kind.USERSPACE, "add state esp: ENOSYS"),
                List.of(
                        new Mesh.Status(other, Mesh.Phase.FAILED, 0, "the certificate is revoked"),
                        new Mesh.Status(node, Mesh.Phase.ESTABLISHED, 0, null)),
                Map.of(node, external, other, Ipv4Address.parse("203.0.113.14")),
                Map.of(node, new PeerCertificate("hv3.example", NOW.plusSeconds(90 * 86_400))),
                List.of(new SaStatus(child, true, 12, 1_200, 34, 40_800)),
                _ -> NOW.minusSeconds(75),
                Map.of(slash32.overlay.esp.path.Drop.NO_SA, 3L, slash32.overlay.esp.path.Drop.REPLAYED, 0L),
                new SasView.Guard(true, 1, Map.of("plain", 2L, "stranger", 7L)),
                new Proofs(
                        NOW.plusSeconds(86_400),
                        List.of(
                                new RevocationList("CN=lab", NOW.minusSeconds(60), NOW, RevocationList.Use.COUNTS),
                                new RevocationList("CN=lab", NOW, null, RevocationList.Use.IGNORED)),
                        Duration.ofHours(2),
                        Map.of("not-trusted", 4L)));
    }

    public static PathsView paths() {
        Ipv4Address here = Ipv4Address.parse("10.0.0.11");
        var plain = new ProbedPath(ProbedPath.Kind.VXLAN, here, Ipv4Address.parse("10.0.0.12"));
        var silent = new ProbedPath(ProbedPath.Kind.VXLAN, here, Ipv4Address.parse("10.0.0.13"));
        var encrypted = new ProbedPath(ProbedPath.Kind.ENCRYPTED, here, Ipv4Address.parse("10.0.2.13"));
        return new PathsView(
                List.of(
                        new PathStatus(plain, PathState.OPEN, 0, 1_500, 0, null),
                        new PathStatus(silent, PathState.SILENT, 0, 1_500, 0, "send to 10.0.0.13: ENETUNREACH"),
                        new PathStatus(encrypted, PathState.NARROW, 0, 1_438, 1_396, null)),
                Map.of("sent", 120L, "answered", 90L, "refused", 4L));
    }

    public static List<EvpnView> evpn() {
        return List.of(
                new EvpnView(
                        2,
                        "02:00:00:00:00:01 192.0.2.1",
                        "10.0.0.12:100",
                        100,
                        "10.0.0.12",
                        List.of("65000:100"),
                        7,
                        true,
                        "10.0.0.1",
                        true),
                new EvpnView(
                        4,
                        "00:11:22:33:44:55:66:77:88:99 10.0.0.11",
                        "10.0.0.11:1",
                        EvpnView.NO_VNI,
                        "10.0.0.11",
                        List.of(),
                        0,
                        false,
                        null,
                        false));
    }

    public static List<RouteView> routes() {
        return List.of(
                new RouteView(
                        Prefix.parse("10.1.0.1/32"),
                        new RouteView.Path.Local(new InterfaceName("tap1")),
                        100,
                        List.of(new GroupId(100)),
                        RouteView.Fib.INSTALLED),
                new RouteView(
                        Prefix.parse("10.2.0.1/32"),
                        new RouteView.Path.Remote(IpAddress.parse("10.0.0.12"), IpAddress.parse("10.0.0.1")),
                        100,
                        List.of(new GroupId(7), new GroupId(100)),
                        RouteView.Fib.INSTALLED),
                new RouteView(
                        Prefix.parse("fd00:2::1/128"),
                        new RouteView.Path.Remote(IpAddress.parse("10.0.9.12"), IpAddress.parse("10.0.0.1")),
                        200,
                        List.of(),
                        new RouteView.Fib(ConditionState.WAITING, "no node route says its site")));
    }

    private static EndpointView up(EndpointSpec spec) {
        return new EndpointView(
                spec,
                "infra.yaml",
                Arrays.stream(ConditionKind.values())
                        .map(kind -> new Condition(
                                kind, ConditionState.TRUE, START.plusSeconds(9), "Done", "", Duration.ofMillis(7)))
                        .toList());
    }

    private static EndpointView waiting(EndpointSpec spec) {
        return new EndpointView(
                spec,
                null,
                List.of(
                        new Condition(
                                ConditionKind.INTERFACE_READY,
                                ConditionState.WAITING,
                                NOW.minusSeconds(30),
                                "DeviceMissing",
                                "tap1 is not there yet",
                                null),
                        new Condition(
                                ConditionKind.RULES_ENFORCED,
                                ConditionState.TRUE,
                                NOW.minusSeconds(30),
                                "Enforced",
                                "",
                                Duration.ofNanos(812_345)),
                        new Condition(
                                ConditionKind.ROUTE_INSTALLED,
                                ConditionState.FALSE,
                                NOW.minusSeconds(30),
                                "NotReady",
                                "",
                                null),
                        new Condition(
                                ConditionKind.ADVERTISED,
                                ConditionState.FALSE,
                                NOW.minusSeconds(30),
                                "NotInstalled",
                                "",
                                null)));
    }

    private static EndpointView failed(EndpointSpec spec) {
        var conditions = new ArrayList<>(up(spec).conditions());
        conditions.set(
                2,
                new Condition(
                        ConditionKind.ROUTE_INSTALLED,
                        ConditionState.FAILED,
                        NOW.minusSeconds(5),
                        "KernelRefused",
                        "add route 10.1.0.2/32 dev tap2: ENOSPC (No space left)",
                        null));
        conditions.set(
                3,
                new Condition(
                        ConditionKind.ADVERTISED, ConditionState.FALSE, NOW.minusSeconds(5), "NotInstalled", "", null));
        return new EndpointView(spec, null, conditions);
    }
}
