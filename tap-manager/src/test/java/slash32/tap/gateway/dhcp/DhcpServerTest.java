package slash32.tap.gateway.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static slash32.tap.gateway.Frames.edited;
import static slash32.tap.gateway.Frames.hex;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.tap.gateway.Answer;
import slash32.tap.gateway.Frames;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.GuestSettings;
import slash32.tap.gateway.Ipv6Assignment;
import slash32.tap.gateway.Refusal;
import slash32.testkit.Seeds;

class DhcpServerTest {
    private static final MacAddress GUEST = MacAddress.parse("02:00:00:00:00:0a");
    private static final List<IpAddress> ADDRESSES =
            List.of(IpAddress.parse("10.1.0.5"), IpAddress.parse("10.1.0.6"), IpAddress.parse("2001:db8:1::ff:fe00:a"));
    private static final GuestSettings SETTINGS = new GuestSettings(
            true,
            "vm1",
            "example.org",
            List.of(IpAddress.parse("10.0.0.53"), IpAddress.parse("2001:db8:ff::53")),
            List.of(),
            List.of(),
            true,
            3600,
            Ipv6Assignment.DHCPV6);
    private static final GatewayTerms TERMS = GatewayTerms.of(GUEST, ADDRESSES, 1450, SETTINGS);

    // offsets in a captured DHCPv4 frame
    private static final int OP = 42;
    private static final int FLAGS = 52;
    private static final int CIADDR = 54;
    private static final int GIADDR = 66;
    private static final int CHADDR = 70;
    private static final int COOKIE = 278;
    private static final int OPTIONS = 282;
    // offsets in a captured DHCPv6 frame
    private static final int MESSAGE6 = 62;

    private static Answer answer(GatewayTerms terms, byte[] frame) {
        return new DhcpServer(terms).on(frame, frame.length, 0);
    }

    private static String fate(byte[] frame) {
        return rendered(answer(TERMS, frame));
    }

    private static String rendered(Answer answer) {
        return switch (answer) {
            case Answer.Reply(Bytes frame) -> frame.at(12) == 8 ? reply4(frame) : reply6(frame);
            case Answer.GuestSeen(IpAddress address) -> "seen " + address;
            case Answer.Refused(Refusal reason) -> "refused " + reason.label();
        };
    }

    /// `reply to MAC ADDRESS gives YIADDR: 53=05 …`, with the options as they come.
    private static String reply4(Bytes frame) {
        ByteBuffer in = ByteBuffer.wrap(frame.toArray());
        var text = new StringJoiner(" ");
        text.add("reply to " + MacAddress.of(frame.toArray(), 0) + " " + ipv4(in, 30) + " gives " + ipv4(in, 58) + ":");
        in.position(OPTIONS);
        for (int code = in.get() & 0xff; code != 255; code = in.get() & 0xff) {
            byte[] value = new byte[in.get() & 0xff];
            in.get(value);
            text.add(code + "=" + HexFormat.of().formatHex(value));
        }
        return text.toString();
    }

    private static IpAddress ipv4(ByteBuffer in, int at) {
        byte[] address = new byte[4];
        in.get(at, address);
        return IpAddress.of(address);
    }

    /// `reply type 7: 1=… 2=…`, with the options as they come.
    private static String reply6(Bytes frame) {
        ByteBuffer in = ByteBuffer.wrap(frame.toArray());
        var text = new StringJoiner(" ");
        text.add("reply type " + in.get(MESSAGE6) + ":");
        in.position(MESSAGE6 + 4);
        while (in.hasRemaining()) {
            int code = in.getShort();
            byte[] value = new byte[in.getShort()];
            in.get(value);
            text.add(code + "=" + HexFormat.of().formatHex(value));
        }
        return text.toString();
    }

    /// The captured DISCOVER with other options in place of its own.
    private static byte[] options(String hex) {
        byte[] frame = hex("dhcp/discover");
        Arrays.fill(frame, OPTIONS, frame.length, (byte) 0);
        return edited(frame, OPTIONS, hex.replace(" ", "") + "ff");
    }

    /// The captured SOLICIT's headers around another message; `CLIENT` and `SERVER` are the identifiers' options.
    private static byte[] message6(String hex) {
        byte[] message = HexFormat.of()
                .parseHex(hex.replace("CLIENT", "0001000a0003000102000000000a")
                        .replace("SERVER", "0002000a00030001fe5332000001")
                        .replace(" ", ""));
        byte[] frame = Arrays.copyOf(hex("dhcp/solicit"), MESSAGE6 + message.length);
        ByteBuffer.wrap(frame)
                .putShort(18, (short) (8 + message.length))
                .putShort(58, (short) (8 + message.length))
                .put(MESSAGE6, message);
        return frame;
    }

    private static final String NETWORK = "1=ffffffff 3=a9fe0101 121=20a9fe01010000000000a9fe0101 26=05aa 6=0a000035"
            + " 12=766d31 15=6578616d706c652e6f7267";
    private static final String LEASE = "51=00000e10 58=00000708 59=00000c4e";
    private static final String ACK = "53=05 54=a9fe0101 " + LEASE + " " + NETWORK;
    private static final String REFUSED_BECAUSE =
            "56=" + HexFormat.of().formatHex("the address is not this guest's".getBytes(StandardCharsets.US_ASCII));
    private static final String TO_GUEST = "reply to 02:00:00:00:00:0a 10.1.0.5 gives ";
    private static final String TO_ALL = "reply to ff:ff:ff:ff:ff:ff 255.255.255.255 gives ";
    private static final String IA = "0003 000c 0000000a 00000000 00000000";
    private static final String GRANTED =
            "3=0000000a0000070800000b400005001820010db800010000000000fffe00000a00000e1000000e10";
    private static final String NETWORK6 = "23=20010db800ff00000000000000000053 24=076578616d706c65036f726700";

    @ParameterizedTest
    @ValueSource(strings = {"discover", "request", "solicit", "request6", "release6"})
    void answersWhatAClientSends(String name) {
        var reply = (Answer.Reply) answer(TERMS, hex("dhcp/" + name));
        assertThat(reply.frame()).isEqualTo(Bytes.copyOf(hex("dhcp/" + name + "-answer")));
    }

    static Stream<Arguments> messages() {
        return Stream.of(
                arguments(
                        "discover",
                        options("350101"),
                        TO_GUEST + "10.1.0.5: 53=02 54=a9fe0101 " + LEASE + " " + NETWORK),
                arguments(
                        "discover of one that can't hear unicast",
                        edited(options("350101"), FLAGS, "8000"),
                        TO_ALL + "10.1.0.5: 53=02 54=a9fe0101 " + LEASE + " " + NETWORK),
                arguments(
                        "discover, rapid commit",
                        options("350101 5000"),
                        TO_GUEST + "10.1.0.5: 53=05 54=a9fe0101 80= " + LEASE + " " + NETWORK),
                arguments(
                        "client identifier comes back",
                        options("350101 3d0701020000 00000a"),
                        TO_GUEST + "10.1.0.5: 53=02 54=a9fe0101 61=0102000000000a " + LEASE + " " + NETWORK),
                arguments(
                        "an option in two parts",
                        options("350101 3d0301 0200 3d0400 00000a"),
                        TO_GUEST + "10.1.0.5: 53=02 54=a9fe0101 61=0102000000000a " + LEASE + " " + NETWORK),
                arguments(
                        "options in the file field",
                        edited(options("350101 340101"), OP + 108, "3d020107ff"),
                        TO_GUEST + "10.1.0.5: 53=02 54=a9fe0101 61=0107 " + LEASE + " " + NETWORK),
                arguments(
                        "options in the name field",
                        edited(options("350101 340102"), OP + 44, "3d020107ff"),
                        TO_GUEST + "10.1.0.5: 53=02 54=a9fe0101 61=0107 " + LEASE + " " + NETWORK),
                arguments(
                        "request, selecting",
                        options("350103 3604a9fe0101 32040a010005"),
                        TO_GUEST + "10.1.0.5: " + ACK),
                arguments("request, rebooting", options("350103 32040a010005"), TO_GUEST + "10.1.0.5: " + ACK),
                arguments(
                        "request, renewing",
                        edited(options("350103"), CIADDR, "0a010005"),
                        TO_GUEST + "10.1.0.5: " + ACK),
                arguments(
                        "request for another's",
                        options("350103 32040a010007"),
                        TO_ALL + "0.0.0.0: 53=06 54=a9fe0101 " + REFUSED_BECAUSE),
                arguments(
                        "renewing what it had before",
                        edited(options("350103"), CIADDR, "0a010007"),
                        TO_ALL + "0.0.0.0: 53=06 54=a9fe0101 " + REFUSED_BECAUSE),
                arguments(
                        "request to another server",
                        options("350103 36040a000001 32040a010005"),
                        "refused other_server"),
                arguments("request for nothing", options("350103"), "refused malformed"),
                arguments(
                        "inform",
                        edited(options("350108"), CIADDR, "0a010006"),
                        "reply to 02:00:00:00:00:0a 10.1.0.6 gives 0.0.0.0: 53=05 54=a9fe0101 " + NETWORK),
                arguments(
                        "inform with another's",
                        edited(options("350108"), CIADDR, "0a010007"),
                        "refused foreign_address"),
                arguments("decline", options("350104 3604a9fe0101 32040a010005"), "refused declined"),
                arguments("release", edited(options("350107 3604a9fe0101"), CIADDR, "0a010005"), "refused released"),
                arguments("an offer by the guest", options("350102"), "refused not_a_question"),
                arguments("no message type", options("3d020107"), "refused malformed"),
                arguments("a message type of two bytes", options("35020101"), "refused malformed"),
                arguments("a requested address of three bytes", options("350103 32030a0100"), "refused malformed"),
                arguments(
                        "an option past the end",
                        edited(edited(options("350101"), 285, "00"), 338, "0cff6161"),
                        "refused malformed"),
                arguments("a reply", edited(options("350101"), OP, "02"), "refused malformed"),
                arguments("another hardware", edited(options("350101"), OP + 1, "0606"), "refused malformed"),
                arguments("no cookie", edited(options("350101"), COOKIE, "00"), "refused malformed"),
                arguments("relayed", edited(options("350101"), GIADDR, "0a010001"), "refused relayed"),
                arguments("from another's MAC", edited(options("350101"), 6, "020000000007"), "refused foreign_mac"),
                arguments(
                        "for another's MAC", edited(options("350101"), CHADDR, "020000000007"), "refused foreign_mac"),
                arguments("cut short", Arrays.copyOf(options("350101"), 300), "refused malformed"),
                arguments("a runt", Arrays.copyOf(options("350101"), 13), "refused malformed"),
                arguments("a fragment", edited(options("350101"), 20, "2000"), "refused malformed"),
                arguments("header checksum", edited(options("350101"), 24, "0000"), "refused bad_checksum"),
                arguments("UDP longer than IP", edited(options("350101"), 38, "ffff"), "refused malformed"),
                arguments(
                        "UDP checksum left to the card",
                        edited(options("350101"), 40, "0000"),
                        TO_GUEST + "10.1.0.5: 53=02 54=a9fe0101 " + LEASE + " " + NETWORK),
                arguments("to another port", edited(options("350101"), 36, "0035"), "refused not_a_question"),
                // DHCPv6
                arguments(
                        "solicit",
                        message6("01 000001 CLIENT " + IA),
                        "reply type 2: 1=0003000102000000000a 2=00030001fe5332000001 " + GRANTED + " " + NETWORK6),
                arguments(
                        "solicit, rapid commit",
                        message6("01 000001 CLIENT 000e0000 " + IA),
                        "reply type 7: 1=0003000102000000000a 2=00030001fe5332000001 14= " + GRANTED + " " + NETWORK6),
                arguments(
                        "solicit for two, for a temporary one and for a prefix",
                        message6("01 000001 CLIENT " + IA + IA.replace("0a", "0b")
                                + "0004 0004 0000000c 0019 000c 0000000d" + "0000000000000000"),
                        "reply type 2: 1=0003000102000000000a 2=00030001fe5332000001 " + GRANTED
                                + " 3=0000000b0000070800000b40000d00020002 4=0000000c000d00020002"
                                + " 25=0000000d0000070800000b40000d00020006 " + NETWORK6),
                arguments(
                        "renew, with an address that it had before",
                        message6("05 000001 CLIENT SERVER 0003 0028 0000000a 0000000000000000"
                                + "0005 0018 20010db8000100000000000000000007 0000000000000000"),
                        "reply type 7: 1=0003000102000000000a 2=00030001fe5332000001 " + GRANTED
                                + "0005001820010db80001000000000000000000070000000000000000 " + NETWORK6),
                arguments(
                        "rebind",
                        message6("06 000001 CLIENT " + IA),
                        "reply type 7: 1=0003000102000000000a 2=00030001fe5332000001 " + GRANTED + " " + NETWORK6),
                arguments(
                        "confirm of its own",
                        message6("04 000001 CLIENT 0003 0028 0000000a 0000000000000000"
                                + "0005 0018 20010db800010000000000fffe00000a 0000000000000000"),
                        "reply type 7: 1=0003000102000000000a 2=00030001fe5332000001 13=0000 " + NETWORK6),
                arguments(
                        "confirm of another's",
                        message6("04 000001 CLIENT 0003 0028 0000000a 0000000000000000"
                                + "0005 0018 20010db8000100000000000000000007 0000000000000000"),
                        "reply type 7: 1=0003000102000000000a 2=00030001fe5332000001 13=0004 " + NETWORK6),
                arguments("confirm of nothing", message6("04 000001 CLIENT " + IA), "refused not_a_question"),
                arguments(
                        "decline",
                        message6("09 000001 CLIENT SERVER " + IA),
                        "reply type 7: 1=0003000102000000000a 2=00030001fe5332000001 13=0000 " + NETWORK6),
                arguments(
                        "information request without a name",
                        message6("0b 000001"),
                        "reply type 7: 2=00030001fe5332000001 " + NETWORK6 + " 32=00000e10"),
                arguments("information request for an address", message6("0b 000001 " + IA), "refused malformed"),
                arguments("solicit without a name", message6("01 000001 " + IA), "refused malformed"),
                arguments("solicit to a server", message6("01 000001 CLIENT SERVER"), "refused malformed"),
                arguments("request to nobody", message6("03 000001 CLIENT"), "refused malformed"),
                arguments(
                        "request to another",
                        message6("03 000001 CLIENT 0002 000a 00030001 020000000001"),
                        "refused other_server"),
                arguments("an advertisement", message6("02 000001 CLIENT"), "refused not_a_question"),
                arguments("relayed 6", message6("0c 00" + "00".repeat(32)), "refused relayed"),
                arguments("a name of one byte", message6("01 000001 0001 0001 00"), "refused malformed"),
                arguments("an option past the end 6", message6("01 000001 0001 00ff 00"), "refused malformed"),
                arguments("half an option", message6("01 000001 0001"), "refused malformed"),
                arguments("a short association", message6("01 000001 CLIENT 0003 0004 00000000"), "refused malformed"),
                arguments(
                        "a short address",
                        message6("05 000001 CLIENT SERVER 0003 0010 0000000a 0000000000000000 0005 0000"),
                        "refused malformed"),
                arguments(
                        "from another's MAC 6",
                        edited(message6("0b 000001"), 6, "020000000007"),
                        "refused foreign_mac"),
                arguments(
                        "from a global address",
                        edited(message6("0b 000001"), 22, "20010db8"),
                        "refused foreign_address"),
                arguments(
                        "in the gateway's name",
                        edited(message6("0b 000001"), 22, "fe800000000000000000000000000001"),
                        "refused foreign_address"),
                arguments(
                        "to the gateway alone",
                        edited(message6("0b 000001"), 38, "fe800000000000000000000000000001"),
                        "refused not_to_gateway"),
                arguments("cut short 6", Arrays.copyOf(message6("0b 000001"), 61), "refused malformed"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("messages")
    void everyMessageHasItsFate(String name, byte[] frame, String fate) {
        assertThat(fate(frame)).isEqualTo(fate);
    }

    private static GatewayTerms told(GuestSettings settings) {
        return GatewayTerms.of(GUEST, ADDRESSES, 1450, settings);
    }

    @Test
    void tellsOfASubnetAndOfOtherRoutes() {
        var terms = told(new GuestSettings(
                true,
                null,
                null,
                List.of(),
                List.of(Prefix.parse("10.1.0.0/22")),
                List.of(Prefix.parse("10.0.0.0/9"), Prefix.parse("2001:db8::/32")),
                false,
                GuestSettings.LEASE_FOREVER,
                Ipv6Assignment.DHCPV6));
        assertThat(rendered(answer(terms, options("350101"))))
                .isEqualTo(TO_GUEST + "10.1.0.5: 53=02 54=a9fe0101 51=ffffffff 1=fffffc00"
                        + " 121=20a9fe010100000000090a00a9fe0101 26=05aa");
    }

    @Test
    void leavesOutWhatTheClientHasNoRoomFor() {
        var terms = told(new GuestSettings(
                true,
                "h".repeat(63),
                ("d".repeat(60) + ".").repeat(4) + "org",
                SETTINGS.dns(),
                List.of(),
                List.of(),
                true,
                3600,
                Ipv6Assignment.DHCPV6));
        String smallest = rendered(answer(terms, options("350101")));
        assertThat(smallest).contains(" 6=0a000035 12=").doesNotContain(" 15=");
        assertThat(rendered(answer(terms, options("350101 390205dc")))).contains(" 15=");
    }

    @Test
    void saysNothingWhereDhcpIsNotWanted() {
        var off = told(new GuestSettings(
                false, null, null, List.of(), List.of(), List.of(), true, 3600, Ipv6Assignment.DHCPV6));
        assertThat(rendered(answer(off, options("350101")))).isEqualTo("refused dhcp_off");
        assertThat(rendered(answer(off, message6("0b 000001")))).isEqualTo("refused dhcp_off");
    }

    @Test
    void givesNoAddressesOfAFamilyThatTheGuestHasNotOrMakesItself() {
        var ipv4 = GatewayTerms.of(GUEST, ADDRESSES.subList(0, 1), 1450, SETTINGS);
        assertThat(rendered(answer(ipv4, message6("01 000001 CLIENT " + IA)))).isEqualTo("refused no_ipv6");
        var ipv6 = GatewayTerms.of(GUEST, ADDRESSES.subList(2, 3), 1450, SETTINGS);
        assertThat(rendered(answer(ipv6, options("350101")))).isEqualTo("refused no_ipv4");
        var slaac = told(
                new GuestSettings(true, null, null, List.of(), List.of(), List.of(), true, 3600, Ipv6Assignment.SLAAC));
        assertThat(rendered(answer(slaac, message6("01 000001 CLIENT " + IA))))
                .contains(" 3=0000000a0000070800000b40000d00020002");
        assertThat(rendered(answer(slaac, message6("05 000001 CLIENT SERVER " + IA))))
                .contains(" 3=0000000a0000070800000b40000d00020003");
    }

    @Test
    void answersABurstAndThenItsRate() {
        var server = new DhcpServer(TERMS);
        byte[] frame = options("350101");
        int answered = 0;
        for (int i = 0; i < 30; i++) {
            answered += server.on(frame, frame.length, 7) instanceof Answer.Reply ? 1 : 0;
        }
        assertThat(answered).isEqualTo(20);
        assertThat(server.on(frame, frame.length, 8)).isEqualTo(new Answer.Refused(Refusal.RATE_LIMITED));
        assertThat(server.on(frame, frame.length, 50_000_007)).isInstanceOf(Answer.Reply.class);
    }

    static Stream<Long> seeds() {
        return Seeds.of(20, 1);
    }

    /// Whatever the bytes: no exception, nothing read past the length, and never an answer to anybody but the guest.
    @ParameterizedTest(name = "seed={0}: -Dtest=DhcpServerTest -Dseed={0}")
    @MethodSource("seeds")
    void survivesAnyBytes(long seed) {
        var random = new Random(seed);
        List<byte[]> originals = Stream.of("discover", "request", "solicit", "request6", "release6")
                .map(name -> Frames.hex("dhcp/" + name))
                .toList();
        for (int round = 0; round < 5_000; round++) {
            byte[] frame = originals.get(random.nextInt(originals.size())).clone();
            // mostly behind the headers, whose checksum would end it early
            int edits = random.nextInt(6);
            for (int i = 0; i < edits; i++) {
                int from = random.nextInt(8) == 0 ? 0 : OP;
                frame[from + random.nextInt(frame.length - from)] = (byte) random.nextInt();
            }
            int length = random.nextInt(8) == 0 ? random.nextInt(frame.length + 1) : frame.length;
            byte[] exact = Arrays.copyOf(frame, length);
            byte[] padded = Arrays.copyOf(exact, length + 64);
            Arrays.fill(padded, length, padded.length, (byte) random.nextInt());
            Answer answer = new DhcpServer(TERMS).on(exact, length, 0);
            assertThat(new DhcpServer(TERMS).on(padded, length, 0))
                    .as(() -> HexFormat.of().formatHex(exact))
                    .isEqualTo(answer);
            if (answer instanceof Answer.Reply) {
                assertThat(MacAddress.of(exact, 6)).isEqualTo(GUEST);
            }
        }
    }
}
