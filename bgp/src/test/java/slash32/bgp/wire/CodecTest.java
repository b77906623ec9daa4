package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.testkit.Seeds;

class CodecTest {
    private static final Terms IBGP =
            new Terms(true, true, Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST));
    private static final Terms TWO_OCTET = new Terms(false, false, Set.of(AddressFamily.IPV4_UNICAST));

    @Test
    void openComesBackAsItWas() {
        var open = new Message.Open(
                new Asn(4_200_000_000L),
                90,
                new BgpIdentifier(0x0a00000b),
                List.of(
                        new Capability.Multiprotocol(AddressFamily.IPV4_UNICAST),
                        new Capability.Multiprotocol(AddressFamily.IPV6_UNICAST),
                        new Capability.RouteRefresh(),
                        new Capability.GracefulRestart(true, true, 120, Map.of(AddressFamily.IPV4_UNICAST, true)),
                        new Capability.FourOctetAs(new Asn(4_200_000_000L)),
                        new Capability.ExtendedNextHop(List.of(
                                new Capability.ExtendedNextHop.Encoding(AddressFamily.IPV4_UNICAST, 2),
                                new Capability.ExtendedNextHop.Encoding(AddressFamily.IPV4_VPN, 2))),
                        new Capability.ExtendedMessage(),
                        new Capability.Role(PeerRole.CUSTOMER),
                        new Capability.AddPath(Map.of(
                                AddressFamily.IPV4_UNICAST, Capability.AddPathMode.BOTH,
                                AddressFamily.L2VPN_EVPN, Capability.AddPathMode.RECEIVE)),
                        new Capability.EnhancedRouteRefresh(),
                        new Capability.LongLivedGracefulRestart(
                                Map.of(AddressFamily.IPV6_UNICAST, new Capability.LongLived(true, 86_400))),
                        new Capability.Fqdn("hv1", "example.net"),
                        new Capability.SoftwareVersion("slash32"),
                        new Capability.Unknown(200, Bytes.fromHex("0102"))));
        byte[] bytes = MessageEncoder.encode(open);
        assertThat(HexFormat.of().formatHex(bytes, 19, 29)).isEqualTo("045ba0005a0a00000b66"); // AS_TRANS
        assertThat(decode(bytes)).isEqualTo(new MessageDecoder.Decoded.Accepted(open));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "version 3, 03fde8005a0a00000b00, 2/1",
        "hold time 1, 04fde800010a00000b00, 2/6",
        "identifier 0, 04fde8005a0000000000, 2/3",
        "AS 0, 040000005a0a00000b00, 2/2",
        "AS 0 in the capability, 04fde8005a0a00000b080206410400000000, 2/2",
        "parameters longer than the message, 04fde8005a0a00000b05, 2/0",
        "a parameter that is no capability, 04fde8005a0a00000b03010100, 2/4",
        "a capability cut short, 04fde8005a0a00000b0402024104, 2/0",
        "a parameter cut short, 04fde8005a0a00000b020205, 2/0",
        "one octet of parameter, 04fde8005a0a00000b0102, 2/0",
        "extended parameters cut short, 04fde8005a0a00000bffff0010, 2/0",
        "multiprotocol of three octets, 04fde8005a0a00000b0702050103000100, 2/0",
    })
    void refusesAMalformedOpen(String name, String body, String notification) {
        byte[] bytes = MessageEncoder.framed(Message.OPEN, HexFormat.of().parseHex(body));
        assertThat(decode(bytes)).isInstanceOfSatisfying(MessageDecoder.Decoded.Refused.class, refused -> {
            var got = refused.notification();
            assertThat(got.code() + "/" + got.subcode()).isEqualTo(notification);
        });
    }

    @Test
    void takesExtendedOptionalParameters() {
        byte[] bytes = MessageEncoder.framed(
                Message.OPEN, HexFormat.of().parseHex("04fde8005a0a00000b" + "ffff0009" + "020006" + "4104fc000000"));
        assertThat(decode(bytes))
                .isInstanceOfSatisfying(
                        MessageDecoder.Decoded.Accepted.class,
                        accepted -> assertThat(((Message.Open) accepted.message()).asn())
                                .isEqualTo(new Asn(0xfc000000L)));
    }

    @Test
    void aShutdownCommunicationSurvivesAndIsCutAtACharacter() {
        var cease = Message.Notification.cease(NotificationCode.ADMINISTRATIVE_SHUTDOWN, "å".repeat(200));
        assertThat(cease.value().length()).isEqualTo(255);
        assertThat(cease.communication()).isEqualTo("å".repeat(127));
        assertThat(decode(MessageEncoder.encode(cease))).isEqualTo(new MessageDecoder.Decoded.Accepted(cease));
    }

    @ParameterizedTest
    @ValueSource(strings = {"00010001", "00020001", "00010101"})
    void routeRefreshComesBackAsItWas(String body) {
        byte[] bytes =
                MessageEncoder.framed(Message.ROUTE_REFRESH, HexFormat.of().parseHex(body));
        var accepted = (MessageDecoder.Decoded.Accepted) decode(bytes);
        assertThat(MessageEncoder.encode(accepted.message())).isEqualTo(bytes);
    }

    @Test
    void routeRefreshOfTheWrongLengthHasItsOwnError() {
        byte[] bytes =
                MessageEncoder.framed(Message.ROUTE_REFRESH, HexFormat.of().parseHex("0001000100"));
        assertThat(decode(bytes))
                .isEqualTo(new MessageDecoder.Decoded.Refused(
                        Message.Notification.of(NotificationCode.BAD_ROUTE_REFRESH_LENGTH)));
    }

    @Test
    void anUpdateHasTheseBytes() {
        List<byte[]> messages = announce(hostRoute("10.0.0.11"), IBGP, "10.9.0.1/32");
        assertThat(messages).hasSize(1);
        assertThat(HexFormat.of().formatHex(messages.getFirst(), 19, messages.getFirst().length))
                .isEqualTo("0000" + "0030" // no withdrawn routes, 48 octets of attributes
                        + "40010100" // ORIGIN IGP
                        + "400200" // AS_PATH empty
                        + "4003040a00000b" // NEXT_HOP
                        + "40050400000064" // LOCAL_PREF 100
                        + "c020180000fde800000001000000010000fde8000000020000002a" // 65000:1:1 65000:2:42
                        + "200a090001"); // 10.9.0.1/32
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void packedUpdatesComeBackComplete(long seed) {
        var random = new Random(seed);
        boolean v6 = random.nextBoolean();
        var wanted = new ArrayList<Prefix>();
        for (int i = 0; i < 3_000; i++) {
            IpAddress address =
                    v6 ? new Ipv6Address(random.nextLong(), random.nextLong()) : new Ipv4Address(random.nextInt());
            wanted.add(Prefix.containing(address, random.nextInt(address.bits() + 1)));
        }
        PathAttributes attributes = hostRoute(v6 ? "2001:db8::11" : "10.0.0.11");
        String[] prefixes = wanted.stream().map(Prefix::toString).toArray(String[]::new);
        List<byte[]> messages = announce(attributes, IBGP, prefixes);
        var got = new ArrayList<Prefix>();
        var decoder = new UpdateDecoder(IBGP);
        PathAttributes first = null;
        for (byte[] message : messages) {
            assertThat(message.length).isLessThanOrEqualTo(Framer.MAX_BYTES);
            Update update = decoder.decode(message, Framer.HEADER_BYTES, message.length);
            assertThat(update.fate()).isEqualTo(Fate.ACCEPT);
            assertThat(attributes(update)).isEqualTo(attributes);
            first = first == null ? attributes(update) : first;
            assertThat(attributes(update)).isSameAs(first); // interned by its bytes
            update.announced()
                    .forEach(announcement ->
                            announcement.prefixes().forEach((_, h, l, n) -> got.add(prefix(v6, h, l, n))));
        }
        assertThat(got).isEqualTo(wanted);
        assertThat(messages.size()).isLessThanOrEqualTo(3_000 * 18 / 3_900 + 1);
    }

    @Test
    void withdrawalsOfBothFamiliesComeBack() {
        var gone = new ArrayList<Prefix>();
        for (String text : List.of("10.9.0.1/32", "2001:db8::1/128")) {
            Prefix prefix = Prefix.parse(text);
            var messages = new ArrayList<byte[]>();
            var encoder = new UpdateEncoder(IBGP, messages::add);
            encoder.beginWithdrawing(prefix.isIpv4() ? AddressFamily.IPV4_UNICAST : AddressFamily.IPV6_UNICAST);
            add(encoder, prefix);
            encoder.end();
            byte[] message = messages.getFirst();
            Update update = new UpdateDecoder(IBGP).decode(message, Framer.HEADER_BYTES, message.length);
            assertThat(update.endOfRib()).isNull();
            update.withdrawn().forEach(s -> s.forEach((_, h, l, n) -> gone.add(prefix(!prefix.isIpv4(), h, l, n))));
        }
        assertThat(gone).containsExactly(Prefix.parse("10.9.0.1/32"), Prefix.parse("2001:db8::1/128"));
    }

    @Test
    void endOfRibIsKnownForBothFamilies() {
        for (AddressFamily family : IBGP.families()) {
            byte[] message = MessageEncoder.endOfRib(family);
            Update update = new UpdateDecoder(IBGP).decode(message, Framer.HEADER_BYTES, message.length);
            assertThat(update.endOfRib()).isEqualTo(family);
            assertThat(update.fate()).isEqualTo(Fate.ACCEPT);
        }
    }

    @Test
    void aTwoOctetPeerIsToldTheFourOctetPathBesideIt() {
        PathAttributes attributes = hostRoute("10.0.0.11").toBuilder()
                .asPath(AsPath.EMPTY.prepend(new Asn(65001)).prepend(new Asn(4_200_000_000L)))
                .build();
        byte[] message = announce(attributes, TWO_OCTET, "10.9.0.0/16").getFirst();
        assertThat(HexFormat.of().formatHex(message)).contains("40020602025ba0fde9"); // AS_TRANS 65001
        Update update = new UpdateDecoder(TWO_OCTET).decode(message, Framer.HEADER_BYTES, message.length);
        assertThat(update.fate()).isEqualTo(Fate.ACCEPT);
        assertThat(Objects.requireNonNull(attributes(update)).asPath()).hasToString("4200000000 65001");
    }

    @Test
    void unknownTransitiveAttributesArePassedOnAsPartialAndOthersAreNot() {
        byte[] body = HexFormat.of()
                .parseHex("0000" + "001e" + "40010100" + "400200" + "4003040a00000b" + "40050400000064" + "c0c802abcd"
                        + "80c901ef" + "200a090001");
        Update update = new UpdateDecoder(IBGP).decode(body, 0, body.length);
        assertThat(Objects.requireNonNull(attributes(update)).others())
                .containsExactly(new RawAttribute(0xe0, 200, Bytes.fromHex("abcd")));
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void noBytesOfAPeerMakeItThrow(long seed) {
        var random = new Random(seed);
        byte[] good = announce(hostRoute("2001:db8::11"), IBGP, "2001:db8::1/128", "2001:db8::2/128")
                .getFirst();
        byte[] open = MessageEncoder.encode(
                new Message.Open(new Asn(1), 9, new BgpIdentifier(1), List.of(new Capability.RouteRefresh())));
        for (int i = 0; i < 2_000; i++) {
            byte[] bad = (random.nextBoolean() ? good : open).clone();
            for (int k = 0; k <= random.nextInt(5); k++) {
                bad[Framer.HEADER_BYTES + random.nextInt(bad.length - Framer.HEADER_BYTES)] = (byte) random.nextInt();
            }
            int end = Framer.HEADER_BYTES + 10 + random.nextInt(bad.length - Framer.HEADER_BYTES - 9);
            MessageDecoder.decode(Message.OPEN, bad, Framer.HEADER_BYTES, end);
            Update update =
                    new UpdateDecoder(random.nextBoolean() ? IBGP : TWO_OCTET).decode(bad, Framer.HEADER_BYTES, end);
            update.announced()
                    .forEach(announcement -> announcement
                            .prefixes()
                            .forEach((_, _, _, length) -> assertThat(length).isBetween(0, 128)));
            assertThat(update.fate() == Fate.ACCEPT).isEqualTo(update.faults().isEmpty());
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(10, 1, 2);
    }

    private static MessageDecoder.Decoded decode(byte[] message) {
        var frame = (Framer.Frame.Whole) Framer.at(message, 0, message.length);
        return MessageDecoder.decode(frame.type(), message, Framer.HEADER_BYTES, frame.length());
    }

    private static PathAttributes hostRoute(String nextHop) {
        return PathAttributes.builder()
                .nextHop(IpAddress.parse(nextHop))
                .localPref(100)
                .largeCommunities(List.of(new LargeCommunity(65000, 1, 1), new LargeCommunity(65000, 2, 42)))
                .build();
    }

    private static List<byte[]> announce(PathAttributes attributes, Terms terms, String... prefixes) {
        var messages = new ArrayList<byte[]>();
        var encoder = new UpdateEncoder(terms, messages::add);
        Prefix first = Prefix.parse(prefixes[0]);
        encoder.beginAnnouncing(first.isIpv4() ? AddressFamily.IPV4_UNICAST : AddressFamily.IPV6_UNICAST, attributes);
        for (String prefix : prefixes) {
            add(encoder, Prefix.parse(prefix));
        }
        encoder.end();
        return messages;
    }

    private static void add(UpdateEncoder encoder, Prefix prefix) {
        switch (prefix.address()) {
            case Ipv4Address v4 -> encoder.add(0, (long) v4.value() << 32, 0, prefix.length());
            case Ipv6Address v6 -> encoder.add(0, v6.high(), v6.low(), prefix.length());
        }
    }

    private static @Nullable PathAttributes attributes(Update update) {
        return update.announced().getFirst().attributes();
    }

    private static Prefix prefix(boolean v6, long high, long low, int length) {
        return new Prefix(v6 ? new Ipv6Address(high, low) : new Ipv4Address((int) (high >>> 32)), length);
    }
}
