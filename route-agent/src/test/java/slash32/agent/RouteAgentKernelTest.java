package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.api.ApiClient;
import slash32.agent.config.AgentConfig;
import slash32.bgp.speaker.OriginatedRoute;
import slash32.bgp.speaker.PeerConfig;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.speaker.SpeakerConfig;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.tun.Tap;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// The whole agent on a real kernel, with a speaker of ours as its only peer.
@InNetns
class RouteAgentKernelTest {
    private static final Asn AS = new Asn(65000);
    private static final int FLUSHES = 20;
    /// Longer than a test waits: what comes sooner comes because it was said.
    private static final Duration PATIENT = Duration.ofMinutes(2);
    private static final IpAddress PEER = IpAddress.parse("10.0.0.1");
    private static final String GROUP = """
            {"name": "web", "rules": [{"id": "in", "direction": "ingress", "protocol": "tcp",
              "portRangeMin": 80, "portRangeMax": 80, "remoteGroupId": 7}]}""";
    private static final String ENDPOINT = """
            {"device": "tap-a", "mode": "create", "mac": "52:54:00:00:00:0a",
             "addresses": ["10.9.0.1/32", "2001:db8:9::1/128"], "groups": [7]}""";

    @TempDir
    Path folder;

    private final HeardRoutes heard = new HeardRoutes();
    private @Nullable Speaker peer;
    private @Nullable RouteAgent agent;

    @BeforeEach
    void fabric() throws IOException {
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1");
        Command.run("ip", "link", "set", "up0", "up");
        Command.run("ip", "link", "set", "up1", "up");
        for (String address : List.of("10.0.0.11/24", "2001:db8::11/64", "10.0.0.1/24")) {
            Command.run("ip", "addr", "add", address, "dev", "up0", "noprefixroute", "nodad");
        }
        Command.run("ip", "route", "add", "10.0.0.0/24", "dev", "up0");
        peer = startPeer(Duration.ofSeconds(1));
        agent = startAgent(true);
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(agent).close();
        Objects.requireNonNull(peer).close();
    }

    @Test
    void anEndpointComesAndGoesWithoutATrace() throws Exception {
        String links = Command.run("ip", "-o", "link");
        send("PUT", "/v1/groups/7", GROUP, 201);
        String reply = send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", ENDPOINT, 201);
        assertThat(reply).contains("\"Advertised\",\"state\":\"True\"");
        assertThat(Command.run("ip", "route", "show", "proto", "132")).contains("10.9.0.1 dev tap-a");
        assertThat(Command.run("ip", "-6", "route", "show", "proto", "132")).contains("2001:db8:9::1 dev tap-a");
        assertThat(Command.run("ip", "neigh", "show", "dev", "tap-a")).contains("10.9.0.1 lladdr 52:54:00:00:00:0a");
        await("the route at the peer", () -> heard.has("10.9.0.1/32"));
        assertThat(heard.communities("10.9.0.1/32")).containsExactly(new LargeCommunity(65000, 2, 7));
        assertThat(heard.communities("10.0.0.11/32")).containsExactly(new LargeCommunity(65000, 1, 1));
        String question = "{\"from\": \"10.9.0.1\", \"to\": \"10.9.1.1\", \"protocol\": \"tcp\", \"port\": 22}";
        assertThat(send("POST", "/v1/explain", question, 200))
                .contains("\"endpoint\":\"vm-a\"", "\"device\":\"tap-a\"", "\"inForce\":true", "10.9.0.1/32")
                .contains("\"neighbor\":{\"device\":\"tap-a\",\"state\":\"permanent\",\"mac\":\"52:54:00:00:00:0a\"}");
        String allowed = "{\"from\": \"10.9.1.1\", \"to\": \"10.9.0.1\", \"protocol\": \"tcp\", \"port\": 80}";
        send("PUT", "/v1/groups/7", GROUP.replace(", \"remoteGroupId\": 7", ""), 200);
        assertThat(send("POST", "/v1/explain", allowed, 200)).contains("\"passes\":true", "\"packets\":0");
        Command.run("ip", "addr", "add", "10.9.1.1/32", "dev", "up0");
        Command.tryRun("timeout", "1", "bash", "-c", "echo > /dev/tcp/10.9.0.1/80");
        assertThat(send("POST", "/v1/explain", allowed.replace("10.9.1.1", "10.0.0.11"), 200))
                .as("the packet that was sent just now")
                .contains("\"passes\":true")
                .containsPattern("\"packets\":[1-9]");
        assertThat(send("PUT", "/v1/endpoints/vm-a", ENDPOINT, 200)).contains("vm-a");
        send("DELETE", "/v1/endpoints/vm-a", null, 204);
        send("DELETE", "/v1/endpoints/vm-a", null, 204);
        await("the withdrawal at the peer", () -> !heard.has("10.9.0.1/32"));
        await("the interface to go", () -> Command.run("ip", "-o", "link").equals(links));
        assertThat(Command.run("ip", "route", "show", "proto", "132")).isEmpty();
    }

    @Test
    void whatIsDroppedIsToldAndCounted() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        send("PUT", "/v1/endpoints/vm-a?wait=enforced&timeout=10s", ENDPOINT, 201);
        assertThat(Command.tryRun("ping", "-c", "1", "-W", "1", "10.9.0.1").exitCode())
                .isNotZero();
        await("the drop", () -> sees("/v1/drops?follow=false&endpoint=vm-a", "\"reason\":\"no-rule\""));
        assertThat(send("GET", "/v1/drops?follow=false&endpoint=vm-a", null, 200))
                .contains("\"device\":\"tap-a\",\"direction\":\"ingress\"", "\"icmpType\":8", " > 10.9.0.1 length 84");
        assertThat(send("GET", "/v1/drops?follow=false&endpoint=vm-b", null, 200))
                .isEmpty();
        HttpResponse<String> scraped;
        try (var client = HttpClient.newHttpClient()) {
            scraped = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:9932/metrics"))
                            .build(),
                    BodyHandlers.ofString());
        }
        assertThat(scraped.body())
                .containsPattern("slash32_endpoint_dropped_packets_total\\{endpoint=\"vm-a\",drop=\"ingress\",} [1-9]")
                .contains("slash32_endpoint_dropped_packets_total{endpoint=\"vm-a\",drop=\"spoofed\",} 0.0");
    }

    @Test
    void routesOfAnotherHypervisorAreUsedOnceItsSiteIsKnown() throws Exception {
        Speaker speaker = Objects.requireNonNull(peer);
        IpAddress node = IpAddress.parse("10.0.0.12");
        var group = new LargeCommunity(65000, 2, 7);
        speaker.originate(List.of(new OriginatedRoute(Prefix.parse("10.9.1.1/32"), node, 100, List.of(group))));
        await("the route", () -> Command.run("ip", "route", "show", "10.9.1.1").contains("nhid"));
        assertThat(Command.run("ip", "nexthop", "show", "protocol", "132")).contains("blackhole");
        assertThat(send("GET", "/v1/routes?prefix=10.9.1.1/32", null, 200)).contains("no node route");
        var site = new LargeCommunity(65000, 1, 1);
        speaker.originate(List.of(new OriginatedRoute(node.hostPrefix(), node, 100, List.of(site))));
        await("the way", () -> Command.run("ip", "nexthop", "show").contains("via 10.0.0.12"));
        assertThat(Command.run("ip", "route", "get", "10.9.1.1")).contains("via 10.0.0.12");
        String question = "{\"from\": \"10.0.0.77\", \"to\": \"10.9.1.1\", \"protocol\": \"47\"}";
        assertThat(send("POST", "/v1/explain", question, 200))
                .contains("\"overlay\":[{\"nextHop\":\"10.0.0.12\",\"path\":\"native\"}]")
                .contains("\"gateway\":\"10.0.0.12\"");
        var other = new LargeCommunity(65000, 1, 2);
        speaker.originate(List.of(new OriginatedRoute(node.hostPrefix(), node, 100, List.of(other))));
        await("the refusal", () -> Command.run("ip", "nexthop", "show").contains("blackhole"));
        speaker.withdraw(List.of(Prefix.parse("10.9.1.1/32")));
        await(
                "the route to go",
                () -> Command.run("ip", "route", "show", "10.9.1.1").isEmpty());
    }

    /// A pair has no route, here or there: it is a member by the routes of its endpoint.
    @Test
    void pairsGoWithTheRoutesOfTheirEndpoint() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        String paired = ENDPOINT.replace("}", ", \"allowedAddressPairs\": [{\"ip\": \"10.9.7.7/32\"}]}");
        send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", paired, 201);
        for (String route : List.of("10.9.0.1/32", "2001:db8:9::1/128")) {
            await(
                    "the route with its pair",
                    () -> heard.communities(route)
                            .equals(List.of(
                                    new LargeCommunity(65000, 2, 7),
                                    new LargeCommunity(65000, 4_000_032, 0x0a090707L))));
        }
        assertThat(heard.has("10.9.7.7/32")).isFalse();
        Speaker speaker = Objects.requireNonNull(peer);
        var other = List.of(new LargeCommunity(65000, 2, 7), new LargeCommunity(65000, 4_000_032, 0x0a090808L));
        Prefix host = Prefix.parse("10.9.1.1/32");
        speaker.originate(List.of(new OriginatedRoute(host, IpAddress.parse("10.0.0.12"), 100, other)));
        await("the members", () -> members().contains("10.9.1.1") && members().contains("10.9.8.8"));
        assertThat(members()).contains("10.9.0.1", "10.9.7.7");
        assertThat(Command.run("ip", "route", "show", "10.9.8.8")).isEmpty();
        speaker.withdraw(List.of(host));
        await("them to go", () -> !members().contains("10.9.1.1") && !members().contains("10.9.8.8"));
        assertThat(members()).contains("10.9.0.1", "10.9.7.7");
    }

    private static String members() {
        return Command.run("nft", "list", "set", "inet", "slash32", "members_7_4");
    }

    @Test
    void aReloadTakesPeersAndNamesWhatItCannotTake() throws Exception {
        RouteAgent running = Objects.requireNonNull(agent);
        await("the session", () -> sees("/v1/peers", "Established"));
        assertThat(running.reload(config(file -> file.replace("9932", "9933")))).containsExactly("metrics.listen");
        assertThat(running.reload(config(file -> file.replace("asn: 65000", "asn: 65001"))))
                .containsExactly("asn");
        assertThat(sees("/v1/peers", "Established")).isTrue();
        assertThat(running.reload(config(file -> file.replace("10.0.0.1, hold", "10.0.0.9, hold"))))
                .isEmpty();
        await("the peer to change", () -> sees("/v1/peers", "10.0.0.9"));
        assertThat(sees("/v1/peers", "Established")).isFalse();
    }

    @Test
    void hostRulesComeChangeAndGoWithAReload() throws Exception {
        RouteAgent running = Objects.requireNonNull(agent);
        String rules = "hostProtection: {allow: [{from: 10.0.0.0/24, protocol: tcp, port: 9999}]}\n";
        assertThat(running.reload(config(file -> file + rules))).isEmpty();
        await("the rules", () -> hostRules().contains("tcp dport 9999 accept"));
        assertThat(hostRules()).contains("tcp dport 22 accept", "ip saddr 10.0.0.1 tcp dport 179 accept");
        await("the session to stay", () -> sees("/v1/peers", "Established"));
        assertThat(running.reload(config(file -> file.replace("10.0.0.1,", "10.0.0.7,") + rules)))
                .isEmpty();
        await("the other peer", () -> hostRules().contains("ip saddr 10.0.0.7 tcp dport 179 accept"));
        running.close();
        assertThat(hostRules()).contains("tcp dport 22 accept");
        agent = startAgent(true);
        await("no rules without the key", () -> !hostRules().contains("9999"));
    }

    private static String hostRules() {
        return Command.tryRun("nft", "list", "chain", "inet", "slash32", "protect_host")
                .toString();
    }

    @Test
    void aRestartTakesUpWhatIsThere() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", ENDPOINT, 201);
        String before = kernelState();
        Objects.requireNonNull(agent).close();
        assertThat(kernelState()).isEqualTo(before);
        agent = startAgent(true);
        await("the endpoint again", () -> isAdvertised("vm-a"));
        assertThat(kernelState()).isEqualTo(before);
        send("DELETE", "/v1/endpoints/vm-a", null, 204);
        await("the interface to go", () -> !Command.run("ip", "-o", "link").contains("tap-a"));
    }

    @Test
    void endOfRibComesOnceAllStoredEndpointsAreAnnounced() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", ENDPOINT, 201);
        Objects.requireNonNull(agent).close();
        Objects.requireNonNull(peer).close();
        peer = startPeer(PATIENT);
        agent = startAgent(true);
        await("End-of-RIB", () -> heard.ended().size() == 2);
        assertThat(heard.beforeEndOfRib(AddressFamily.IPV4_UNICAST))
                .contains(Prefix.parse("10.9.0.1/32"), Prefix.parse("10.0.0.11/32"));
        assertThat(heard.beforeEndOfRib(AddressFamily.IPV6_UNICAST)).contains(Prefix.parse("2001:db8:9::1/128"));
    }

    @Test
    void aTapThatTheHypervisorMakesLaterIsTakenUp() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        String adopt = ENDPOINT.replace("create", "adopt");
        send("PUT", "/v1/endpoints/vm-a", adopt, 201);
        await("the wait for the TAP", () -> sees("/v1/endpoints/vm-a", "DeviceMissing"));
        String waiting = send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10ms", adopt, 504);
        assertThat(waiting).contains("InterfaceReady is Waiting (DeviceMissing)", "no interface tap-a");
        Command.run("ip", "tuntap", "add", "tap-a", "mode", "tap");
        await("the endpoint", () -> isAdvertised("vm-a"));
        Command.run("ip", "link", "del", "tap-a");
        await("the withdrawal", () -> !heard.has("10.9.0.1/32"));
        Command.run("ip", "tuntap", "add", "tap-a", "mode", "tap");
        await("the endpoint again", () -> heard.has("10.9.0.1/32"));
    }

    @Test
    void aGuestThatArrivesIsPreferredFromItsFirstFrameAndAfterARestart() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        Command.run("ip", "tuntap", "add", "tap-a", "mode", "tap");
        String target = ENDPOINT.replace("\"create\"", "\"adopt\", \"role\": \"migration-target\"");
        try (var tap = Tap.open(new InterfaceName("tap-a"), Tap.Mode.PLAIN)) {
            send("PUT", "/v1/endpoints/vm-a?wait=enforced&timeout=10s", target, 201);
            await("the wait for the guest", () -> sees("/v1/endpoints/vm-a", "\"reason\":\"GuestAwaited\""));
            rarp(tap, "52:54:00:00:00:0b"); // not the guest's
            assertThat(Command.run("ip", "route", "show", "proto", "132")).doesNotContain("10.9.0.1");
            rarp(tap, "52:54:00:00:00:0a");
            await(
                    "the routes at the peer",
                    () -> heard.preference("10.9.0.1/32") == 200 && heard.preference("2001:db8:9::1/128") == 200);
            String before = kernelState();
            Objects.requireNonNull(agent).close();
            agent = startAgent(true);
            await("the endpoint again", () -> isAdvertised("vm-a"));
            assertThat(kernelState()).isEqualTo(before);
            assertThat(heard.preference("10.9.0.1/32")).isEqualTo(200);
            send("PUT", "/v1/endpoints/vm-a", target.replace("migration-target", "active"), 200);
            await(
                    "the routes as all others",
                    () -> heard.preference("10.9.0.1/32") == 100 && heard.preference("2001:db8:9::1/128") == 100);
            assertThat(kernelState()).isEqualTo(before);
        }
    }

    @Test
    void packetsFollowAGuestThatLeft() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", ENDPOINT, 201);
        await("the route at the peer", () -> heard.preference("10.9.0.1/32") == 100);
        Speaker speaker = Objects.requireNonNull(peer);
        IpAddress node = IpAddress.parse("10.0.0.12");
        Prefix guest = Prefix.parse("10.9.0.1/32");
        var site = new LargeCommunity(65000, 1, 1);
        speaker.originate(List.of(
                new OriginatedRoute(node.hostPrefix(), node, 100, List.of(site)),
                new OriginatedRoute(guest, node, 200, List.of())));
        await("the way", () -> Command.run("ip", "route", "get", "10.9.0.1").contains("via 10.0.0.12"));
        await("the withdrawal", () -> heard.preference("10.9.0.1/32") < 0);
        assertThat(heard.preference("2001:db8:9::1/128")).isEqualTo(100); // that address did not move
        speaker.originate(List.of(new OriginatedRoute(guest, node, 100, List.of())));
        await(
                "the new preference",
                () -> sees("/v1/routes?prefix=10.9.0.1/32", "10.0.0.12")
                        && !sees("/v1/routes?prefix=10.9.0.1/32", "200"));
        assertThat(Command.run("ip", "route", "get", "10.9.0.1")).contains("via 10.0.0.12");
        speaker.withdraw(List.of(guest));
        await("the guest's own route", () -> heard.preference("10.9.0.1/32") == 100);
        assertThat(Command.run("ip", "route", "get", "10.9.0.1")).contains("dev tap-a");
    }

    /// As QEMU announces a guest that it took over.
    private static void rarp(Tap tap, String guest) throws IOException {
        ByteBuffer frame = ByteBuffer.allocateDirect(60);
        long mac = MacAddress.parse(guest).value();
        frame.putLong(0, -1).putLong(6, mac << 16).putShort(12, (short) 0x8035);
        tap.write(frame, 60);
    }

    @Test
    void endpointsOfAFileAreInForceAndOutliveABadFileAndARestart() throws Exception {
        Path file = folder.resolve("endpoints.d/web.yaml");
        Files.createDirectories(file.getParent());
        Files.writeString(
                file, "{\"groups\": [{\"id\": 7}], \"endpoints\": [{\"id\": \"vm-a\"," + ENDPOINT.substring(1) + "]}");
        await("the endpoint", () -> finds("vm-a") && isAdvertised("vm-a"));
        String before = kernelState();
        assertThat(send("DELETE", "/v1/endpoints/vm-a", null, 409)).contains("is stated by the file web.yaml");
        assertThat(send("PUT", "/v1/endpoints", "{\"endpoints\": []}", 200)).contains("\"removed\":0");

        Files.writeString(file, "endpoints: [{id: vm-a, device: tap-a}]");
        await("the refusal", () -> sees("/v1/status", "line 1,column 13:endpoints[0].mac:is missing"));
        Objects.requireNonNull(agent).close();
        agent = startAgent(true);
        await("the endpoint again", () -> finds("vm-a") && isAdvertised("vm-a"));
        await("the refusal again", () -> sees("/v1/status", "endpoints[0].mac:is missing"));
        assertThat(kernelState()).isEqualTo(before);

        Files.delete(file);
        await("the interface to go", () -> !Command.run("ip", "-o", "link").contains("tap-a"));
        assertThat(send("GET", "/v1/status", null, 200)).contains("\"files\":[]", "\"groups\":0");
    }

    @Test
    void endpointsThatChangePlacesKeepAllThatIsTheirs() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        String a = "{\"id\": \"vm-a\"," + ENDPOINT.substring(1);
        String b = a.replace("vm-a", "vm-b")
                .replace("tap-a", "tap-b")
                .replace("10.9.0.1", "10.9.0.2")
                .replace("9::1", "9::2")
                .replace("00:0a", "00:0b");
        send("PUT", "/v1/endpoints", "{\"endpoints\": [" + a + "," + b + "]}", 200);
        await("both", () -> isAdvertised("vm-a") && isAdvertised("vm-b"));
        String routes = Command.run("ip", "route", "show", "proto", "132");
        String swapped = "{\"endpoints\": [" + a.replace("vm-a", "vm-b") + "," + b.replace("vm-b", "vm-a") + "]}";
        for (int i = 0; i < 5; i++) {
            send("PUT", "/v1/endpoints", i % 2 == 0 ? swapped : "{\"endpoints\": [" + a + "," + b + "]}", 200);
        }
        await("both again", () -> isAdvertised("vm-a") && isAdvertised("vm-b"));
        await(
                "the routes",
                () -> Command.run("ip", "route", "show", "proto", "132").equals(routes));
        awaitGuest("tap-a", "10.9.0.1 ", "2001:db8:9::1 ");
        awaitGuest("tap-b", "10.9.0.2 ", "2001:db8:9::2 ");
        await(
                "the mark of vm-b",
                () -> Command.run("ip", "-d", "link", "show", "tap-a").contains("slash32:vm-b"));
    }

    /// The device has the guest's addresses as neighbours, and the gateway's as its own.
    private void awaitGuest(String device, String... addresses) throws InterruptedException {
        await("the neighbours of " + device, () -> {
            String neighbors = Command.run("ip", "neigh", "show", "dev", device, "nud", "permanent");
            return List.of(addresses).stream().allMatch(neighbors::contains);
        });
        await("the gateway's addresses on " + device, () -> {
            String own = Command.run("ip", "addr", "show", device);
            return own.contains("169.254.1.1/32") && own.contains("fe80::1/64");
        });
    }

    @Test
    void aContainersVethIsAnEndpointsInterface() throws Exception {
        Command.run("ip", "link", "add", "tap-a", "type", "veth", "peer", "name", "guest0");
        send("PUT", "/v1/groups/7", GROUP, 201);
        String adopt = ENDPOINT.replace("create", "adopt");
        assertThat(send("PUT", "/v1/endpoints/vm-a", adopt, 201)).contains("vm-a");
        await("the refusal", () -> sees("/v1/endpoints/vm-a", "interface tap-a is no TAP but a veth"));
        String any = adopt.replace("\"adopt\"", "\"adopt\", \"deviceKind\": \"any\"");
        send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", any, 200);
        assertThat(Command.run("ip", "-d", "link", "show", "tap-a")).contains("alias slash32:vm-a adopted-any");
        assertThat(Command.run("ip", "route", "show", "proto", "132")).contains("10.9.0.1 dev tap-a");
        send("DELETE", "/v1/endpoints/vm-a", null, 204);
        await(
                "the route to go",
                () -> Command.run("ip", "route", "show", "proto", "132").isEmpty());
        await(
                "the mark to go",
                () -> !Command.run("ip", "-d", "link", "show", "tap-a").contains("slash32:"));
        assertThat(Command.run("ip", "neigh", "show", "dev", "tap-a", "nud", "permanent"))
                .isEmpty();
        assertThat(Command.run("ip", "addr", "show", "dev", "tap-a")).doesNotContain("169.254.1.1");
    }

    @Test
    void whatAStrangerDoesToOurRoutesAndRulesIsPutRight() throws Exception {
        send("PUT", "/v1/groups/7", GROUP, 201);
        send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", ENDPOINT, 201);
        String before = kernelState();
        Command.run("ip", "route", "del", "10.9.0.1/32", "dev", "tap-a");
        Command.run("ip", "neigh", "del", "10.9.0.1", "dev", "tap-a");
        Command.run("ip", "route", "add", "203.0.113.0/24", "dev", "up0");
        await("the repair", () -> kernelState().equals(before));
        assertThat(Command.run("ip", "route", "show", "203.0.113.0/24")).contains("up0");
    }

    @Test
    void rulesThatAStrangerFlushesUnderTrafficLetNothingThroughAndComeBack() throws Exception {
        Objects.requireNonNull(agent).close();
        agent = startAgent(false);
        send("PUT", "/v1/groups/7", """
                {"name": "dns", "rules": [{"id": "in", "direction": "ingress", "protocol": "udp",
                  "portRangeMin": 53, "portRangeMax": 53}]}""", 201);
        send("PUT", "/v1/endpoints/vm-a?wait=advertised&timeout=10s", ENDPOINT, 201);
        Command.run("ip", "link", "set", "up1", "arp", "off");
        var repairs = new ArrayList<Long>();
        try (var commits = new RuleCommits();
                var flood = new Flood(
                        "tap-a",
                        MacAddress.parse("52:54:00:00:00:0a"),
                        IpAddress.parse("10.9.0.1"),
                        53,
                        "up0",
                        "up1",
                        IpAddress.parse("10.0.0.77"))) {
            await("the allowed to pass", () -> flood.allowed.get() > 100);
            for (int i = 0; i < FLUSHES; i++) {
                commits.forget();
                Command.run("nft", "flush", "ruleset");
                await("the flush and the repair", () -> commits.seen() >= 2);
                repairs.add(commits.untilSecond());
                long before = flood.allowed.get();
                await("the allowed to pass again", () -> flood.allowed.get() > before + 100);
            }
            assertThat(flood.leaked.get()).as("packets that should not pass").isZero();
            repairs.sort(null);
            System.out.printf(
                    "rules-repaired flushes=%d sent=%d leaked=%d median=%.2fms max=%.2fms%n",
                    FLUSHES,
                    flood.sent.get(),
                    flood.leaked.get(),
                    repairs.get(FLUSHES / 2) / 1e6,
                    repairs.getLast() / 1e6);
        }
        assertThat(Command.run("nft", "list", "ruleset")).contains("\"tap-a\"", "table inet slash32_backstop");
    }

    /// All that is ours, but for the marks of flows, which follow a change a moment later.
    private static String kernelState() {
        return Command.run("ip", "-d", "link", "show", "tap-a")
                + Command.run("ip", "addr", "show", "tap-a")
                + Command.run("ip", "route", "show", "proto", "132")
                + Command.run("ip", "-6", "route", "show", "proto", "132")
                + Command.run("ip", "neigh", "show", "dev", "tap-a", "nud", "permanent")
                + Command.run("nft", "-s", "list", "ruleset")
                        .replaceAll(" # progname.*|\\n\\s*flags.*", "")
                        .replaceAll("(fresh|stamp) \\{[^}]*}", "");
    }

    private boolean finds(String id) {
        return sees("/v1/endpoints", "\"id\":\"" + id + "\"");
    }

    private boolean isAdvertised(String id) {
        return sees("/v1/endpoints/" + id, "\"Advertised\",\"state\":\"True\"");
    }

    private boolean sees(String path, String text) {
        try {
            return send("GET", path, null, 200).contains(text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String send(String method, String target, @Nullable String body, int status) throws IOException {
        try (var client = ApiClient.connect(folder.resolve("agent.sock"), Duration.ofSeconds(20))) {
            ApiClient.Reply reply = client.send(method, target, body);
            assertThat(reply.status()).as(reply.body()).isEqualTo(status);
            return reply.body().replaceAll("\\s*([:,])\\s*", "$1");
        }
    }

    private RouteAgent startAgent(boolean exclusiveRules) throws IOException {
        var started = new RouteAgent(config(config -> config), "test", exclusiveRules);
        started.start();
        return started;
    }

    private AgentConfig config(UnaryOperator<String> edit) {
        return Agents.config(edit.apply("""
                node: hv1
                site: {id: 1, name: oslo}
                asn: 65000
                underlay: {address: 10.0.0.11, address6: "2001:db8::11"}
                peers:
                  - {address: 10.0.0.1, holdTime: 9s}
                metrics: {listen: "127.0.0.1:9932", endpoints: true}
                api: {socket: %s/agent.sock}
                endpointsDirectory: %s/endpoints.d
                stateDirectory: %s/state
                """.formatted(folder, folder, folder)));
    }

    private Speaker startPeer(Duration patience) throws IOException {
        heard.forget();
        var started = new Speaker(peerConfig(patience), heard);
        started.start();
        started.initialRoutesOriginated();
        return started;
    }

    private static SpeakerConfig peerConfig(Duration patience) {
        var families = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);
        var agent = new PeerConfig(IpAddress.parse("10.0.0.11"), 179, PEER, AS, families, null, 9, 60, true);
        return new SpeakerConfig(AS, new BgpIdentifier(1), List.of(PEER), 179, List.of(agent), false, patience);
    }

    private void await(String what, BooleanSupplier condition) throws InterruptedException {
        heard.await(what, condition);
    }
}
