package slash32.tap.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static slash32.tap.gateway.Frames.checksummed;
import static slash32.tap.gateway.Frames.edited;
import static slash32.tap.gateway.Frames.hex;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.testkit.Seeds;

class GatewayTest {
    private static final MacAddress GUEST = MacAddress.parse("02:00:00:00:00:05");
    private static final GatewayTerms TERMS = GatewayTerms.of(
            GUEST, Set.of(IpAddress.parse("10.1.0.5"), IpAddress.parse("2001:db8:1::5")), 1450, GuestSettings.DEFAULT);

    private static Answer answer(byte[] frame) {
        return new Gateway(TERMS).on(frame, frame.length, 0);
    }

    private static String rendered(Answer answer) {
        return switch (answer) {
            case Answer.Reply(Bytes frame) -> "reply " + frame;
            case Answer.GuestSeen(IpAddress address) -> "seen " + address;
            case Answer.Refused(Refusal reason) -> "refused " + reason.label();
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arp-for-neighbor",
                "arp-for-gateway",
                "ns-for-neighbor",
                "ns-for-gateway",
                "dad-global",
                "dad-link-local",
                "rs",
                "mld-report",
                "ping"
            })
    void answersWhatALinuxGuestSends(String name) {
        assertThat(rendered(answer(hex(name))) + "\n").isEqualTo(Frames.text(name + ".txt"));
    }

    /// The kernel's own answers for the same questions, captured beside them: ours differ in no byte.
    @Test
    void repliesLookLikeTheKernels() {
        var arp = (ArpPacket) GuestFrame.decode(hex("arp-for-gateway"), 42);
        assertThat(arp.answeredBy(TERMS.gatewayMac()).encode())
                .isEqualTo(Bytes.fromHex("020000000005fe53320000010806"
                        + "0001080006040002fe5332000001a9fe0101020000000005" + "0a010005"));
        var envelope = new Icmpv6.Envelope(
                GUEST, TERMS.gatewayMac(), TERMS.gatewayIpv6(), Ipv6Address.parse("fe80::ff:fe00:5"));
        assertThat(new NeighborAdvertisement(envelope, TERMS.gatewayIpv6(), TERMS.gatewayMac()).encode())
                .isEqualTo(Bytes.fromHex("020000000005fe533200000186dd6000000000203afffe8000000000000000000000"
                        + "00000001fe80000000000000000000fffe00000588006ac4e0000000fe800000000000000000000000"
                        + "0000010201fe5332000001"));
    }

    static Stream<Arguments> faults() {
        byte[] arp = hex("arp-for-neighbor");
        byte[] ns = hex("ns-for-neighbor");
        byte[] rs = hex("rs");
        return Stream.of(
                // ARP: offsets 14 htype, 18 lengths, 20 operation, 22 sender MAC, 28 sender, 38 target
                arguments("runt", Arrays.copyOf(arp, 13), "refused malformed"),
                arguments("ARP cut short", Arrays.copyOf(arp, 41), "refused malformed"),
                arguments(
                        "ARP padded to 60",
                        Arrays.copyOf(arp, 60),
                        Frames.text("arp-for-neighbor.txt").strip()),
                arguments("ARP of another hardware", edited(arp, 14, "0006"), "refused malformed"),
                arguments("ARP for another protocol", edited(arp, 16, "0806"), "refused malformed"),
                arguments("ARP with long addresses", edited(arp, 18, "ff"), "refused malformed"),
                arguments("an IPv4 packet", edited(arp, 12, "0800"), "refused not_a_question"),
                arguments("RARP request", edited(arp, 20, "0003"), "refused not_a_question"),
                arguments("ARP reply", edited(arp, 20, "0002"), "refused not_a_question"),
                arguments("Ethernet source spoofed", edited(arp, 6, "020000000006"), "refused foreign_mac"),
                arguments("ARP sender MAC spoofed", edited(arp, 22, "020000000006"), "refused foreign_mac"),
                arguments("ARP sender spoofed", edited(arp, 28, "0a010006"), "refused foreign_address"),
                arguments("ARP in the gateway's name", edited(arp, 28, "a9fe0101"), "refused foreign_address"),
                arguments("ARP probe", edited(edited(arp, 28, "00000000"), 38, "0a010005"), "refused probe"),
                arguments("ARP probe for another", edited(arp, 28, "00000000"), "refused probe"),
                arguments("ARP announcement", edited(arp, 38, "0a010005"), "seen 10.1.0.5"),
                arguments("ARP announcing reply", edited(edited(arp, 20, "0002"), 38, "0a010005"), "seen 10.1.0.5"),
                arguments(
                        "ARP announcing another's",
                        edited(edited(arp, 28, "0a010009"), 38, "0a010009"),
                        "refused foreign_address"),
                arguments(
                        "ARP unicast to the gateway",
                        edited(arp, 0, "fe5332000001"),
                        Frames.text("arp-for-neighbor.txt").strip()),
                arguments("ARP to another's MAC", edited(arp, 0, "020000000007"), "refused not_to_gateway"),
                arguments("ARP for 0.0.0.0", edited(arp, 38, "00000000"), "refused not_a_host"),
                arguments("ARP for loopback", edited(arp, 38, "7f000001"), "refused not_a_host"),
                arguments("ARP for multicast", edited(arp, 38, "e0000001"), "refused not_a_host"),
                arguments("ARP for broadcast", edited(arp, 38, "ffffffff"), "refused not_a_host"),
                // NS: offsets 14 version, 18 length, 20 next header, 21 hop limit, 22 source, 38 destination,
                // 54 type, 55 code, 56 checksum, 62 target, 78 option
                arguments("IPv6 cut in its header", Arrays.copyOf(ns, 53), "refused malformed"),
                arguments("IPv6 cut in its payload", Arrays.copyOf(ns, 85), "refused malformed"),
                arguments("IPv6 without payload", edited(ns, 18, "0000"), "refused malformed"),
                arguments("version 4 in IPv6", edited(ns, 14, "45"), "refused malformed"),
                arguments("NS behind a fragment header", edited(ns, 20, "2c"), "refused not_a_question"),
                arguments("NS forwarded by a router", edited(ns, 21, "fe"), "refused malformed"),
                arguments("NS with a code", checksummed(edited(ns, 55, "01")), "refused malformed"),
                arguments("NS with a wrong checksum", edited(ns, 56, "0000"), "refused bad_checksum"),
                arguments("NS without a target", checksummed(edited(ns, 18, "0008")), "refused malformed"),
                arguments("NS for a group", checksummed(edited(ns, 62, "ff02")), "refused malformed"),
                arguments("NS with an empty option", checksummed(edited(ns, 79, "00")), "refused malformed"),
                arguments("NS with a long option", checksummed(edited(ns, 79, "02")), "refused malformed"),
                arguments("NS cut in an option", checksummed(edited(ns, 18, "0019")), "refused malformed"),
                arguments("NS of a group", checksummed(edited(ns, 22, "ff02")), "refused malformed"),
                arguments(
                        "NS with another option",
                        checksummed(edited(ns, 78, "0e")),
                        Frames.text("ns-for-neighbor.txt").strip()),
                arguments("NS, Ethernet source spoofed", edited(ns, 6, "020000000006"), "refused foreign_mac"),
                arguments("NS, MAC spoofed", checksummed(edited(ns, 80, "020000000006")), "refused foreign_mac"),
                arguments("NS, source spoofed", checksummed(edited(ns, 37, "06")), "refused foreign_address"),
                arguments(
                        "NS in the gateway's name",
                        checksummed(edited(ns, 22, "fe800000000000000000000000000001")),
                        "refused foreign_address"),
                arguments(
                        "NS by any other link-local address",
                        checksummed(edited(ns, 22, "fe800000000000000123456789abcdef")),
                        "reply"),
                arguments("NS to another's group", checksummed(edited(ns, 53, "08")), "refused not_to_gateway"),
                arguments(
                        "NS unicast, as reachability is probed",
                        checksummed(edited(ns, 38, "20010db8000100000000000000000009")),
                        Frames.text("ns-for-neighbor.txt").strip()),
                arguments(
                        "NS for the guest's own",
                        checksummed(edited(edited(ns, 53, "05"), 77, "05")),
                        "refused own_address"),
                arguments(
                        "NS for another link-local address",
                        checksummed(edited(ns, 62, "fe800000000000000000000000000009")),
                        "refused link_local"),
                arguments(
                        "NS for ::",
                        checksummed(edited(edited(ns, 53, "00"), 62, "00".repeat(16))),
                        "refused not_a_host"),
                arguments(
                        "probe with a link-layer address",
                        checksummed(edited(ns, 22, "00".repeat(16))),
                        "refused malformed"),
                // RS: 62 option
                arguments("RS of nobody with a MAC", checksummed(edited(rs, 22, "00".repeat(16))), "refused malformed"),
                arguments(
                        "RS of nobody",
                        checksummed(edited(edited(rs, 18, "0008"), 22, "00".repeat(16))),
                        "reply 333300000001fe533200000186dd6000000000203afffe80000000000000000000000000000"
                                + "1ff0200000000000000000000000000018600ff5d40c0ffff00000000000000000101fe5332000001"
                                + "05010000000005aa"),
                arguments("RS of a group", checksummed(edited(rs, 22, "ff02")), "refused malformed"),
                arguments("RS with half an option", checksummed(edited(rs, 18, "0009")), "refused malformed"),
                arguments("RS, Ethernet source spoofed", edited(rs, 6, "020000000006"), "refused foreign_mac"),
                arguments("RS with a wrong checksum", edited(rs, 57, "ff"), "refused bad_checksum"),
                arguments("RA by the guest", checksummed(edited(rs, 54, "86")), "refused not_a_question"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void everyOtherFrameHasItsFate(String name, byte[] frame, String fate) {
        assertThat(rendered(answer(frame))).startsWith(fate);
    }

    @Test
    void asksOnlyWhereItMay() {
        var terms = new GatewayTerms(
                GUEST,
                TERMS.guestAddresses(),
                TERMS.gatewayMac(),
                TERMS.gatewayIpv4(),
                TERMS.gatewayIpv6(),
                1450,
                List.of(Prefix.parse("10.1.0.8/29")),
                GuestSettings.DEFAULT,
                false,
                List.of());
        byte[] inside = hex("arp-for-neighbor");
        byte[] outside = edited(inside, 38, "0a010010");
        assertThat(new Gateway(terms).on(inside, inside.length, 0)).isInstanceOf(Answer.Reply.class);
        assertThat(new Gateway(terms).on(outside, outside.length, 0))
                .isEqualTo(new Answer.Refused(Refusal.NOT_ON_LINK));
    }

    @Test
    void answersWhoAsksAsAnAliasWithItsMac() {
        MacAddress virtual = MacAddress.parse("00:00:5e:00:01:07");
        var gateway = new Gateway(TERMS.with(
                false,
                List.of(
                        new GatewayTerms.Alias(GUEST, Prefix.parse("10.1.7.0/24")),
                        new GatewayTerms.Alias(virtual, Prefix.parse("10.1.8.8/32")),
                        new GatewayTerms.Alias(GUEST, Prefix.parse("0.0.0.0/1")),
                        new GatewayTerms.Alias(virtual, Prefix.parse("128.0.0.0/1")),
                        new GatewayTerms.Alias(virtual, Prefix.parse("2001:db8:7::/64")))));
        byte[] asPrefix = edited(hex("arp-for-neighbor"), 28, "0a010709");
        assertThat(fate(gateway, asPrefix)).startsWith("reply 020000000005");
        byte[] asVirtual = edited(edited(asPrefix, 22, "00005e000107"), 28, "0a010808");
        assertThat(fate(gateway, asVirtual)).startsWith("reply 00005e000107");
        assertThat(fate(gateway, edited(asVirtual, 6, "00005e000107"))).startsWith("reply 00005e000107");
        assertThat(fate(gateway, edited(asVirtual, 28, "0a010709"))).isEqualTo("refused foreign_address");
        assertThat(fate(gateway, edited(asVirtual, 22, "00005e000108"))).isEqualTo("refused foreign_mac");
        assertThat(fate(gateway, edited(asVirtual, 28, "a9fe0101")))
                .as("the gateway's address is nobody's")
                .isEqualTo("refused foreign_address");
        assertThat(fate(gateway, edited(asVirtual, 38, "0a010808")))
                .as("an announcement says where a guest is, not who has an alias")
                .isEqualTo("refused not_a_question");
    }

    private static String fate(Gateway gateway, byte[] frame) {
        return rendered(gateway.on(frame, frame.length, 0));
    }

    /// Its guests are many, so that whoever asks is told; nobody is told of addresses.
    @Test
    void theRouterOfASegmentSaysItsPrefixesAndItsMtu() {
        List<Prefix> prefixes = Stream.of("fd05::", "fd06::", "fd07::", "fd08::", "fd09::")
                .map(prefix -> Prefix.parse(prefix + "/64"))
                .toList();
        var router = new SegmentRouter(new SegmentRouter.Terms(1400, prefixes));
        byte[] solicitation = hex("rs");
        var unasked = new GuestSettings(
                false, null, null, List.of(), prefixes.subList(0, 4), List.of(), true, 86_400, Ipv6Assignment.STATIC);
        GatewayTerms alike = GatewayTerms.of(GUEST, TERMS.guestAddresses(), 1400, unasked);
        assertThat(router.on(solicitation, solicitation.length, 0))
                .isEqualTo(new Gateway(alike).on(solicitation, solicitation.length, 0))
                .isInstanceOf(Answer.Reply.class);
        assertThat(Gateway.advertisement(alike)).contains(router.advertisement());
        byte[] ofNobody = checksummed(edited(edited(solicitation, 18, "0008"), 22, "00".repeat(16)));
        assertThat(router.on(ofNobody, ofNobody.length, 0)).isEqualTo(new Answer.Reply(router.advertisement()));
        byte[] neighbor = hex("ns-for-gateway");
        assertThat(router.on(neighbor, neighbor.length, 0)).isEqualTo(new Answer.Refused(Refusal.KERNEL_ANSWERS));
        byte[] ofAnother = edited(solicitation, 6, "020000000099");
        assertThat(router.on(ofAnother, ofAnother.length, 0)).isEqualTo(new Answer.Refused(Refusal.FOREIGN_MAC));
        byte[] asGateway = checksummed(edited(solicitation, 22, "fe800000000000000000000000000001"));
        assertThat(router.on(asGateway, asGateway.length, 0)).isEqualTo(new Answer.Refused(Refusal.FOREIGN_ADDRESS));
        for (int length = 0; length < solicitation.length; length++) {
            assertThat(router.on(Arrays.copyOf(solicitation, length), length, 1_000_000_000L))
                    .isInstanceOf(Answer.Refused.class);
        }
        for (int asked = 0; asked < 200; asked++) {
            router.on(solicitation, solicitation.length, 2_000_000_000L);
        }
        assertThat(router.on(solicitation, solicitation.length, 2_000_000_000L))
                .isEqualTo(new Answer.Refused(Refusal.RATE_LIMITED));
    }

    @Test
    void advertisesItselfOnlyToAGuestWithIpv6() {
        var terms = GatewayTerms.of(GUEST, Set.of(Ipv4Address.parse("10.1.0.5")), 1450, GuestSettings.DEFAULT);
        byte[] solicitation = hex("rs");
        assertThat(new Gateway(terms).on(solicitation, solicitation.length, 0))
                .isEqualTo(new Answer.Refused(Refusal.NO_IPV6));
        assertThat(Gateway.advertisement(terms)).isEmpty();
        byte[] ofNobody = checksummed(edited(edited(solicitation, 18, "0008"), 22, "00".repeat(16)));
        assertThat(Gateway.advertisement(TERMS).map(Answer.Reply::new)).contains((Answer.Reply) answer(ofNobody));
    }

    private static String told(GuestSettings settings) {
        return Gateway.advertisement(GatewayTerms.of(GUEST, TERMS.guestAddresses(), 1450, settings))
                .orElseThrow()
                .toString()
                .substring(2 * (14 + 40 + 4)); // behind the headers and the checksum
    }

    @Test
    void tellsOfPrefixesRoutesAndNames() {
        var all = new GuestSettings(
                true,
                null,
                "example.org",
                List.of(IpAddress.parse("10.0.0.53"), IpAddress.parse("2001:db8::53")),
                List.of(Prefix.parse("10.1.0.0/24"), Prefix.parse("2001:db8:1::/64")),
                List.of(Prefix.parse("10.0.0.0/8"), Prefix.parse("2001:db8::/32"), Prefix.parse("fd00::1/128")),
                false,
                3600,
                Ipv6Assignment.SLAAC);
        assertThat(told(all))
                .isEqualTo("40400000" + "0".repeat(16) + "0101fe5332000001" + "05010000000005aa"
                        + "030440c00000ffff0000ffff00000000" + "20010db8000100000000000000000000"
                        + "180220000000ffff" + "20010db800000000"
                        + "180380000000ffff" + "fd000000000000000000000000000001"
                        + "190300000000ffff" + "20010db8000000000000000000000053"
                        + "1f0300000000ffff" + "076578616d706c65036f726700000000");
        var plain = new GuestSettings(
                true,
                null,
                null,
                List.of(),
                List.of(Prefix.parse("2001:db8:1::/64")),
                List.of(),
                true,
                3600,
                Ipv6Assignment.DHCPV6);
        assertThat(told(plain))
                .isEqualTo("40c0ffff" + "0".repeat(16) + "0101fe5332000001" + "05010000000005aa"
                        + "030440800000ffff0000ffff00000000" + "20010db8000100000000000000000000");
        var silent = new GuestSettings(
                false, null, null, List.of(), List.of(), List.of(), true, 3600, Ipv6Assignment.DHCPV6);
        assertThat(told(silent)).startsWith("4000ffff");
    }

    @Test
    void leavesMetadataToTheKernelWhereItIsServed() {
        byte[] question = edited(hex("arp-for-neighbor"), 38, "a9fea9fe");
        assertThat(answer(question)).isInstanceOf(Answer.Reply.class);
        assertThat(new Gateway(TERMS.with(true, List.of())).on(question, question.length, 0))
                .isEqualTo(new Answer.Refused(Refusal.KERNEL_ANSWERS));
    }

    @Test
    void leavesOutAnMtuThatIpv6CannotHave() {
        var terms = GatewayTerms.of(GUEST, TERMS.guestAddresses(), 1279, GuestSettings.DEFAULT);
        assertThat(Gateway.advertisement(terms).orElseThrow().length()).isEqualTo(14 + 40 + 24);
    }

    @Test
    void answersABurstAndThenItsRate() {
        var gateway = new Gateway(TERMS);
        byte[] frame = hex("arp-for-neighbor");
        int answered = 0;
        for (int i = 0; i < 600; i++) {
            answered += gateway.on(frame, frame.length, 7) instanceof Answer.Reply ? 1 : 0;
        }
        assertThat(answered).isEqualTo(500);
        assertThat(gateway.on(frame, frame.length, 8)).isEqualTo(new Answer.Refused(Refusal.RATE_LIMITED));
        assertThat(gateway.on(frame, frame.length, 2_000_007)).isInstanceOf(Answer.Reply.class);
        assertThat(gateway.on(frame, frame.length, 2_000_008)).isEqualTo(new Answer.Refused(Refusal.RATE_LIMITED));
    }

    @Test
    void refusesTermsThatNoGatewayCanKeep() {
        assertThatThrownBy(() -> GatewayTerms.of(MacAddress.BROADCAST, Set.of(), 1500, GuestSettings.DEFAULT))
                .hasMessageContaining("ff:ff:ff:ff:ff:ff");
        assertThatThrownBy(() -> GatewayTerms.of(TERMS.gatewayMac(), Set.of(), 1500, GuestSettings.DEFAULT))
                .hasMessageContaining("fe:53:32:00:00:01");
        assertThatThrownBy(() -> new GatewayTerms(
                        GUEST,
                        List.of(),
                        TERMS.gatewayMac(),
                        TERMS.gatewayIpv4(),
                        Ipv6Address.parse("2001:db8::1"),
                        1500,
                        List.of(),
                        GuestSettings.DEFAULT,
                        false,
                        List.of()))
                .hasMessageContaining("2001:db8::1");
    }

    static Stream<Long> seeds() {
        return Seeds.of(20, 1);
    }

    /// Whatever the bytes: no exception, nothing read past the length, and never an answer to anybody but the guest.
    @ParameterizedTest(name = "seed={0}: -Dtest=GatewayTest -Dseed={0}")
    @MethodSource("seeds")
    void survivesAnyBytes(long seed) {
        var random = new Random(seed);
        List<byte[]> originals = Stream.of("arp-for-neighbor", "ns-for-neighbor", "rs", "dad-global", "mld-report")
                .map(Frames::hex)
                .toList();
        for (int round = 0; round < 5_000; round++) {
            byte[] frame = originals.get(random.nextInt(originals.size())).clone();
            int edits = random.nextInt(4);
            for (int i = 0; i < edits; i++) {
                frame[random.nextInt(frame.length)] = (byte) random.nextInt();
            }
            if (frame.length > 58
                    && random.nextBoolean()
                    && frame[12] == (byte) 0x86
                    && frame[18] == 0
                    && (frame[19] & 0xff) <= frame.length - 54) {
                frame = checksummed(frame);
            }
            int length = random.nextInt(8) == 0 ? random.nextInt(frame.length + 1) : frame.length;
            byte[] exact = Arrays.copyOf(frame, length);
            byte[] padded = Arrays.copyOf(exact, length + 64);
            Arrays.fill(padded, length, padded.length, (byte) random.nextInt());
            Answer answer = new Gateway(TERMS).on(exact, length, 0);
            assertThat(new Gateway(TERMS).on(padded, length, 0))
                    .as(() -> HexFormat.of().formatHex(exact))
                    .isEqualTo(answer);
            if (answer instanceof Answer.Reply) {
                assertThat(MacAddress.of(exact, 6)).isEqualTo(GUEST);
            }
        }
    }
}
