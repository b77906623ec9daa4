package slash32.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import slash32.agent.Golden;
import slash32.agent.intent.OverlayRule;
import slash32.agent.intent.SegmentTerms;
import slash32.agent.intent.Tenant;
import slash32.bgp.exabgp.ApiVersion;
import slash32.bgp.policy.Change;
import slash32.bgp.policy.Match;
import slash32.bgp.policy.Policy;
import slash32.bgp.policy.PrefixRange;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.speaker.PeerOptions;
import slash32.bgp.speaker.PrefixLimit;
import slash32.bgp.speaker.TcpAo;
import slash32.bgp.speaker.monitor.BmpStation;
import slash32.bgp.speaker.monitor.MonitoredRib;
import slash32.bgp.speaker.monitor.MrtFiles;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
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
import slash32.securitygroup.HostRule;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Traffic;

class ConfigFileTest {
    private static final Path TABLE = Path.of("src/test/resources/slash32/agent/config");

    /// What JSON Schema can't express: a value that depends on another, numbers inside text.
    private static final Set<String> ONLY_THE_PARSER_REFUSES = Set.of(
            "duplicate-peer.yaml",
            "own-address.yaml",
            "hold-time.yaml",
            "key-twice.yaml",
            "overlay-place.yaml",
            "admin-place.yaml");

    /// Refused before there is a value that a schema could look at.
    private static final Set<String> NOT_JSON =
            Set.of("not-yaml.yaml", "two-documents.yaml", "unknown-alias.yaml", "recursion.yaml");

    static List<Path> good() throws IOException {
        return files("good");
    }

    static List<Path> bad() throws IOException {
        return files("bad");
    }

    static List<Path> badJson() throws IOException {
        return bad().stream()
                .filter(file -> !NOT_JSON.contains(file.getFileName().toString()))
                .toList();
    }

    private static List<Path> files(String folder) throws IOException {
        try (var files = Files.list(TABLE.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("bad")
    void saysAllThatIsWrong(Path file) throws IOException {
        var refused = (Loaded.Refused<AgentConfig>) ConfigFile.load(file);
        String text = refused.problems().stream()
                .map(problem -> problem.text(file.getFileName().toString()))
                .collect(Collectors.joining("\n", "", "\n"));
        Golden.check(Path.of(file.toString().replace(".yaml", ".txt")), text);
    }

    @ParameterizedTest
    @MethodSource("good")
    void acceptsWhatIsRight(Path file) throws IOException {
        assertThat(ConfigFile.load(file)).isInstanceOf(Loaded.Accepted.class);
    }

    @ParameterizedTest
    @MethodSource("good")
    void theSchemaAcceptsWhatTheParserDoes(Path file) throws IOException {
        assertThat(schema().validate(json(file))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("badJson")
    void theSchemaRefusesWhatTheParserDoes(Path file) throws IOException {
        boolean refused = !schema().validate(json(file)).isEmpty();
        assertThat(refused)
                .isEqualTo(!ONLY_THE_PARSER_REFUSES.contains(file.getFileName().toString()));
    }

    @Test
    void fillsInTheDefaults() throws IOException {
        var config = ((Loaded.Accepted<AgentConfig>) ConfigFile.load(TABLE.resolve("good/least.yaml"))).config();

        assertThat(config)
                .isEqualTo(new AgentConfig(
                        "hv1",
                        new SiteConfig(new SiteId(1), "1"),
                        new Asn(65000),
                        Ipv4Address.parse("10.0.0.11"),
                        new UnderlayConfig(Ipv4Address.parse("10.0.0.11"), null, null, null),
                        List.of(),
                        List.of(),
                        List.of(SocketEndpoint.parse("10.0.0.11:179")),
                        Duration.ofMinutes(2),
                        false,
                        1,
                        new MetricsConfig(SocketEndpoint.parse("127.0.0.1:9932"), false),
                        ApiConfig.at(Path.of("/run/slash32/agent.sock")),
                        List.of(),
                        Path.of("/etc/slash32/endpoints.d"),
                        List.of(),
                        null,
                        Path.of("/var/lib/slash32"),
                        MonitoringConfig.NONE,
                        null,
                        null,
                        Duration.ofSeconds(30),
                        4_096,
                        SegmentTerms.NONE));
    }

    @Test
    void readsEveryKey() throws IOException {
        var config = ((Loaded.Accepted<AgentConfig>) ConfigFile.load(TABLE.resolve("good/most.yaml"))).config();

        var first = new PeerConfig(
                IpAddress.parse("10.0.0.1"),
                179,
                new Asn(4294967295L),
                Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST),
                new PeerKey.Md5(Path.of("/etc/slash32/rr1.key")),
                Duration.ofSeconds(9),
                false,
                PeerOptions.DEFAULT,
                new BfdConfig(Duration.ofMillis(50), 5, true, false));
        var second = new PeerConfig(
                IpAddress.parse("2001:db8::1"),
                1790,
                new Asn(65001),
                Set.of(AddressFamily.IPV6_UNICAST),
                new PeerKey.Ao(Path.of("/etc/slash32/b.ao"), TcpAo.Algorithm.AES_128_CMAC_96, 7, 8),
                Duration.ZERO,
                true,
                PeerOptions.DEFAULT,
                null);
        PeerOptions extended = PeerOptions.DEFAULT.with(
                SessionOptions.DEFAULT.withExtendedNextHops(Set.of(AddressFamily.IPV4_UNICAST)));
        var third = onLink("::", new Asn(65100), extended, "up1");
        var fourth = onLink("fe80::1", new Asn(4294967295L), extended, "up2");
        var process = new ProcessConfig(
                "health",
                List.of("/usr/bin/exabgp-healthcheck", "--cmd", "curl -sf http://127.0.0.1/", "--ip", "10.9.0.1/32"),
                "nobody",
                ApiVersion.V5,
                Set.of(IpAddress.parse("10.0.0.1")),
                Set.of(ProcessConfig.HelperEvent.STATE, ProcessConfig.HelperEvent.UPDATE),
                List.of(Prefix.parse("10.9.0.0/24"), Prefix.parse("2001:db8:9::/64")),
                10,
                false,
                false);
        assertThat(config)
                .isEqualTo(new AgentConfig(
                        "hv-1.oslo",
                        new SiteConfig(new SiteId(4294967295L), "oslo"),
                        new Asn(4294967295L),
                        Ipv4Address.parse("192.0.2.1"),
                        new UnderlayConfig(
                                Ipv4Address.parse("10.0.0.11"),
                                Ipv6Address.parse("2001:db8::11"),
                                IpAddress.parse("203.0.113.11"),
                                new InterfaceName("bond0.100")),
                        List.of(first, second, third, fourth),
                        List.of(),
                        List.of(SocketEndpoint.parse("10.0.0.11:179"), SocketEndpoint.parse("[2001:db8::11]:1790")),
                        Duration.ofMinutes(5),
                        true,
                        8,
                        new MetricsConfig(SocketEndpoint.parse("[::1]:9932"), true),
                        new ApiConfig(
                                Path.of("/run/slash32/other.sock"), List.of("nova", "107"), List.of("libvirt"), 50),
                        List.of(process),
                        Path.of("/etc/slash32/other.d"),
                        List.of(Prefix.parse("10.1.0.0/16"), Prefix.parse("2001:db8::/32")),
                        new MetadataConfig(
                                URI.create("http://10.0.0.5:8775"),
                                Path.of("/etc/slash32/metadata.key"),
                                Duration.ofMillis(2500)),
                        Path.of("/var/lib/slash32/other"),
                        new MonitoringConfig(
                                List.of(
                                        new BmpStation(
                                                IpAddress.parse("192.0.2.9"),
                                                5000,
                                                Set.of(MonitoredRib.values()),
                                                Duration.ofSeconds(30)),
                                        new BmpStation(
                                                IpAddress.parse("2001:db8::9"),
                                                11_019,
                                                Set.of(MonitoredRib.POST_POLICY),
                                                Duration.ofMinutes(1))),
                                new MrtFiles(
                                        Path.of("/var/lib/slash32/mrt"),
                                        Duration.ofHours(1),
                                        Duration.ofMinutes(5),
                                        48)),
                        new HostProtectionConfig(
                                Set.of(22, 2222),
                                List.of(
                                        new HostRule(
                                                Prefix.parse("10.0.0.0/16"),
                                                new Traffic.Ports(IpProtocol.TCP, 9932, 9932)),
                                        new HostRule(Prefix.parse("2001:db8::/32"), new Traffic.Any()),
                                        new HostRule(null, new Traffic.Ports(IpProtocol.UDP, 4789, 4790)),
                                        new HostRule(null, new Traffic.OfProtocol(new IpProtocol(50))))),
                        new OverlayConfig(
                                Path.of("/etc/slash32/pki"),
                                List.of(Prefix.parse("10.0.0.0/8")),
                                9000,
                                OverlayConfig.DataPath.KERNEL,
                                OverlayConfig.Encapsulation.UDP,
                                Set.of(Ipv4Address.parse("203.0.113.12")),
                                Duration.ofMinutes(5),
                                new OverlayConfig.Rekey(
                                        Duration.ofHours(8), Duration.ofMinutes(30), 1_000_000, 1_000_000_000),
                                new OverlayConfig.Admin(
                                        Ipv4Address.parse("172.30.0.11"), Prefix.parse("172.30.0.0/16"))),
                        Duration.ofMinutes(1),
                        9_000,
                        new SegmentTerms(
                                List.of(new OverlayRule(
                                        "wide",
                                        Ipv4Address.parse("10.0.0.13"),
                                        4790,
                                        8950,
                                        Set.of(new SiteId(1), new SiteId(4_294_967_295L)),
                                        Carriage.GRE)),
                                List.of(new Tenant(
                                        "acme",
                                        List.of(new NumberRange(5000, 5999), new NumberRange(7000, 7000)),
                                        List.of(new NumberRange(100, 199)))),
                                List.of(
                                        new Segment(
                                                "blue",
                                                new Vni(100),
                                                Segment.Flooding.FULL,
                                                1400,
                                                new Encapsulation(
                                                        Ipv4Address.parse("10.0.0.13"),
                                                        4790,
                                                        Set.of(new SiteId(1), new SiteId(4_294_967_295L))),
                                                new FrameRules(List.of(new NumberRange(100, 149)), 1000),
                                                new Gateway(List.of(GatewayAddress.parse("192.0.2.1/24"))),
                                                List.of(new Port(
                                                        new InterfaceName("tap7"),
                                                        MacAddress.parse("02:00:00:00:00:07"),
                                                        List.of(IpAddress.parse("192.0.2.7")),
                                                        true))),
                                        new Segment(
                                                "red", new Vni(16_777_215), Segment.Flooding.NONE, 1450, List.of())))));
    }

    private static PeerConfig onLink(String address, Asn asn, PeerOptions options, String link) {
        return new PeerConfig(
                IpAddress.parse(address),
                179,
                asn,
                Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST),
                null,
                Duration.ofSeconds(90),
                false,
                options,
                null,
                new InterfaceName(link));
    }

    @Test
    void readsWhatPeersMayHave() throws IOException {
        var config = ((Loaded.Accepted<AgentConfig>) ConfigFile.load(TABLE.resolve("good/policies.yaml"))).config();
        PeerOptions near = config.peers().getFirst().options();
        assertThat(near.ttlSecurityHops()).isEqualTo(1);
        assertThat(near.limits())
                .containsEntry(AddressFamily.IPV4_UNICAST, new PrefixLimit(200_000, 90, Duration.ofMinutes(5)))
                .containsEntry(AddressFamily.IPV6_UNICAST, new PrefixLimit(100, 80, null));
        assertThat(near.importPolicy()).isNull();
        assertThat(near.session().longLivedSeconds()).isEqualTo(86_400);
        assertThat(near.session().sendHoldSeconds()).isEqualTo(60);
        assertThat(near.session().extendedMessages()).isFalse();
        assertThat(near.session().addPathReceive()).containsExactly(AddressFamily.IPV4_UNICAST);

        PeerOptions external = config.peers().getLast().options();
        assertThat(external.session().role()).isEqualTo(PeerRole.CUSTOMER);
        assertThat(external.session().strictRole()).isTrue();
        Policy imported = Objects.requireNonNull(external.importPolicy());
        assertThat(imported.otherwise()).isFalse();
        assertThat(imported.rules()).hasSize(2);
        assertThat(imported.rules().getFirst().matches())
                .contains(
                        new Match.PrefixIn(List.of(
                                new PrefixRange(Prefix.parse("10.0.0.0/8"), 24, 32),
                                new PrefixRange(Prefix.parse("2001:db8::/32"), 64, 128),
                                PrefixRange.exactly(Prefix.parse("192.0.2.0/24")))),
                        new Match.HasCommunity(Set.of(0xfde9_0007, 0xffff_ff01)),
                        new Match.AsPathAtMost(3))
                .hasSize(8);
        assertThat(imported.rules().getFirst().changes())
                .containsExactly(
                        new Change.LocalPref(50),
                        new Change.Med(PathAttributes.ABSENT),
                        new Change.Communities(Set.of(), false, List.of(0xffff_0000)),
                        new Change.LargeCommunities(Set.of(), true, List.of()),
                        new Change.ExtendedCommunities(
                                Set.of(ExtendedCommunity.routeTarget(65001, 100)), false, List.of()));
        assertThat(Objects.requireNonNull(external.exportPolicy())
                        .rules()
                        .getFirst()
                        .changes())
                .containsExactly(
                        new Change.Med(10),
                        new Change.NextHop(IpAddress.parse("10.0.0.11")),
                        new Change.Prepend(new Asn(65000), 2));
        PeerRangeConfig range = config.peerRanges().getFirst();
        assertThat(range.prefix()).isEqualTo(Prefix.parse("10.1.0.0/16"));
        assertThat(range.max()).isEqualTo(50);
        assertThat(range.peer().asn()).isEqualTo(new Asn(65002));
    }

    @Test
    void aFileThatIsNotTextIsNotRead(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("agent.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe});

        assertThatThrownBy(() -> ConfigFile.load(file)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> ConfigFile.load(folder.resolve("absent.yaml")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("absent.yaml");
    }

    @Test
    void aSecretThatOthersMayReadIsRefused(@TempDir Path folder) throws IOException {
        Path secret = Files.writeString(folder.resolve("metadata.key"), "deadbeef2eb84d8d\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> SecretFile.read(secret))
                .hasMessageContaining("a secret must be its owner's alone (mode 0600), is rw-r-----");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        assertThat(new String(SecretFile.read(secret).toArray(), StandardCharsets.UTF_8))
                .isEqualTo("deadbeef2eb84d8d");
        Files.writeString(secret, "\n");
        assertThatThrownBy(() -> SecretFile.read(secret)).hasMessageContaining("must have 1 to 1024 bytes");
    }

    private static JsonSchema schema() {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(ConfigSchema.AGENT.text());
    }

    private static JsonNode json(Path file) throws IOException {
        var settings = LoadSettings.builder().setAllowDuplicateKeys(true).build();
        Object loaded = new Load(settings).loadFromString(Files.readString(file));
        return new ObjectMapper().valueToTree(loaded);
    }
}
