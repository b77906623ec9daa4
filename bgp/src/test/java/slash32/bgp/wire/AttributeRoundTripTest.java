package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// Attributes that a route may carry, to bytes and back, and what sessions with more than the base protocol change.
class AttributeRoundTripTest {
    private static final AddressFamily V4 = AddressFamily.IPV4_UNICAST;
    private static final AddressFamily V6 = AddressFamily.IPV6_UNICAST;
    private static final Terms IBGP = new Terms(true, true, Set.of(V4, V6));
    private static final Ipv6Address GLOBAL = Ipv6Address.parse("2001:db8::11");
    private static final Ipv6Address LINK_LOCAL = Ipv6Address.parse("fe80::11");

    private static PathAttributes.Builder base() {
        return PathAttributes.builder()
                .nextHop(new Ipv4Address(0x0a00000b))
                .asPath(AsPath.EMPTY.prepend(new Asn(4_200_000_001L)))
                .localPref(100);
    }

    @Test
    void everyAttributeComesBackAsItWas() {
        PathAttributes attributes = base().origin(Origin.EGP)
                .med(7)
                .atomicAggregate(true)
                .communities(List.of(0xfde80001, 0xffffff01))
                .extendedCommunities(List.of(
                        ExtendedCommunity.routeTarget(65000, 4_000_000),
                        ExtendedCommunity.routeTarget(4_200_000_000L, 7),
                        ExtendedCommunity.encapsulation(8),
                        ExtendedCommunity.macMobility(true, 3)))
                .ipv6ExtendedCommunities(List.of(new Ipv6ExtendedCommunity(0, 2, GLOBAL, 5)))
                .largeCommunities(List.of(new LargeCommunity(65000, 2, 42)))
                .onlyToCustomer(4_200_000_000L)
                .originatorId(new BgpIdentifier(3))
                .clusterList(List.of(4, 5))
                .pmsiTunnel(PmsiTunnel.ingressReplication(5001, new Ipv4Address(0x0a00000b)))
                .tunnels(List.of(Tunnel.vxlan(new Ipv4Address(0xcb00710b)), Tunnel.vxlan(GLOBAL)))
                .other(0xc0, AttributeCode.AGGREGATOR, Bytes.fromHex("fa56ea000a000001"))
                .other(0xe0, 200, Bytes.fromHex("abcd"))
                .build();
        for (Terms terms : List.of(IBGP, new Terms(true, false, Set.of(V4)))) {
            PathAttributes back = attributes(decode(terms, encode(terms, V4, attributes, 1)));
            assertThat(back).isEqualTo(attributes);
            assertThat(Objects.requireNonNull(back.pmsiTunnel()).endpoint()).isEqualTo(attributes.nextHop());
            assertThat(back.tunnels()).extracting(Tunnel::egressEndpoint).contains(IpAddress.parse("203.0.113.11"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0002fde9003d0900, target:65001:4000000, true",
        "0202fa56ea000007, target:4200000000:7, true",
        "0003fde900000001, origin:65001:1, true",
        "01020a0000010005, target:10.0.0.1:5, true",
        "4002fde900000001, 0x4002fde900000001, false",
        "030c000000000008, encapsulation:8, true",
        "0600010000000003, mac-mobility:3:sticky, true",
        "8006000000000000, 0x8006000000000000, true",
    })
    void anExtendedCommunitySaysWhatItIs(String hex, String text, boolean transitive) {
        var community = new ExtendedCommunity(HexFormat.fromHexDigitsToLong(hex));
        assertThat(community).hasToString(text);
        assertThat(community.isTransitive()).isEqualTo(transitive);
        assertThat(community.isRouteTarget()).isEqualTo(text.startsWith("target"));
    }

    @Test
    void thePartialBitStaysWithAnAttributeThatWeKnow() {
        byte[] message = encode(
                IBGP, V4, base().communities(List.of(1)).pmsiTunnel(vxlan()).build(), 1);
        String hex = HexFormat.of().formatHex(message);
        String partial = hex.replace("c00804", "e00804").replace("c01609", "e01609");
        assertThat(partial).isNotEqualTo(hex);
        PathAttributes back = attributes(decode(IBGP, HexFormat.of().parseHex(partial)));
        assertThat(HexFormat.of().formatHex(encode(IBGP, V4, back, 1))).isEqualTo(partial);
        assertThat(back).isNotEqualTo(attributes(decode(IBGP, message)));
    }

    private static PmsiTunnel vxlan() {
        return PmsiTunnel.ingressReplication(5001, new Ipv4Address(0x0a00000b));
    }

    @Test
    void pathIdentifiersComeBackInBothFamilies() {
        Terms terms = IBGP.withAddPath(Set.of(V4, V6));
        for (AddressFamily family : terms.families()) {
            PathAttributes attributes = base().nextHop(family.equals(V4) ? new Ipv4Address(0x0a00000b) : GLOBAL)
                    .build();
            Update update = decode(terms, encode(terms, family, attributes, 3));
            assertThat(update.fate()).isEqualTo(Fate.ACCEPT);
            var ids = new ArrayList<Integer>();
            update.announced().getFirst().prefixes().forEach((id, _, _, _) -> ids.add(id));
            assertThat(ids).containsExactly(1, 2, 3);
        }
    }

    @Test
    void aPathIdentifierThatIsCutResetsTheSession() {
        Terms terms = IBGP.withAddPath(Set.of(V4));
        for (String nlri : List.of("00", "000001", "00000001", "0000000120", "00000001200a0000")) {
            byte[] body = HexFormat.of().parseHex("%04x%s0000".formatted(nlri.length() / 2, nlri));
            assertThat(new UpdateDecoder(terms).decode(body, 0, body.length).fate())
                    .as(nlri)
                    .isEqualTo(Fate.SESSION_RESET);
        }
    }

    @Test
    void anIpv4RouteMayHaveAnIpv6NextHopIfThatWasAgreed() {
        var terms = new Terms(true, true, Set.of(V4), Set.of(), Set.of(), false, Set.of(V4));
        PathAttributes attributes =
                base().nextHop(GLOBAL).linkLocalNextHop(LINK_LOCAL).build();
        byte[] message = encode(terms, V4, attributes, 2);
        assertThat(attributes(decode(terms, message))).isEqualTo(attributes);
        assertThat(decode(IBGP, message).fate()).isEqualTo(Fate.SESSION_RESET);
        PathAttributes global = base().nextHop(GLOBAL).build();
        assertThat(attributes(decode(terms, encode(terms, V4, global, 2)))).isEqualTo(global);
    }

    @Test
    void extendedMessagesHoldAsMuchAsTheyMay() {
        var terms = new Terms(true, true, Set.of(V4), Set.of(), Set.of(), true, Set.of());
        var messages = new ArrayList<byte[]>();
        var encoder = new UpdateEncoder(terms, messages::add);
        encoder.beginAnnouncing(V4, base().build());
        for (int i = 0; i < 20_000; i++) {
            encoder.add(0, (0x0a000000L + i) << 32, 0, 32);
        }
        encoder.end();
        assertThat(messages).hasSize(2);
        byte[] first = messages.getFirst();
        assertThat(first.length).isBetween(65_000, Framer.MAX_EXTENDED_BYTES);
        assertThat(decode(terms, first).fate()).isEqualTo(Fate.ACCEPT);
        assertThat(Framer.at(first, 0, first.length, terms.maxMessageBytes()))
                .isEqualTo(new Framer.Frame.Whole(Message.UPDATE, first.length));
        assertThat(Framer.at(first, 0, first.length)).isInstanceOf(Framer.Frame.Malformed.class);
        first[18] = Message.OPEN; // RFC 8654 §4
        assertThat(Framer.at(first, 0, first.length, terms.maxMessageBytes()))
                .isInstanceOf(Framer.Frame.Malformed.class);
    }

    private static byte[] encode(Terms terms, AddressFamily family, PathAttributes attributes, int paths) {
        var messages = new ArrayList<byte[]>();
        var encoder = new UpdateEncoder(terms, messages::add);
        encoder.beginAnnouncing(family, attributes);
        for (int id = 1; id <= paths; id++) {
            encoder.add(id, 0x0a090000_00000000L, 0, 16);
        }
        encoder.end();
        return messages.getFirst();
    }

    private static Update decode(Terms terms, byte[] message) {
        return new UpdateDecoder(terms).decode(message, Framer.HEADER_BYTES, message.length);
    }

    private static PathAttributes attributes(Update update) {
        assertThat(update.fate()).as("%s", update.faults()).isEqualTo(Fate.ACCEPT);
        return Objects.requireNonNull(update.announced().getFirst().attributes());
    }
}
