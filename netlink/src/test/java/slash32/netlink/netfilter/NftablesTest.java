package slash32.netlink.netfilter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.Bytes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.Expression.Compare.Operator;
import slash32.netlink.netfilter.Expression.Payload.Header;
import slash32.testkit.Seeds;

class NftablesTest {
    private static final TableId TABLE = new TableId(Family.INET, "slash32");
    private static final List<Expression> EVERY_KIND = List.of(
            new Expression.Meta(Expression.Meta.Key.INPUT_NAME, 0),
            new Expression.Payload(Header.LINK, 6, 6, 16),
            new Expression.Payload(Header.NETWORK, 12, 4, 24),
            new Expression.InSet("sources_4", 0),
            new Expression.Meta(Expression.Meta.Key.TRANSPORT_PROTOCOL, 0),
            new Expression.Compare(0, Operator.EQUAL, Bytes.fromHex("06")),
            new Expression.Payload(Header.TRANSPORT, 2, 2, 0),
            new Expression.Compare(0, Operator.AT_LEAST, Bytes.fromHex("0050")),
            new Expression.Compare(0, Operator.AT_MOST, Bytes.fromHex("005a")),
            new Expression.SealedByRoute(0),
            new Expression.Constant(Bytes.fromHex("0576"), 0),
            new Expression.LowerSegmentSize(0),
            new Expression.ConntrackState(0),
            new Expression.Mask(0, Bytes.fromHex("06000000")),
            new Expression.Compare(0, Operator.NOT_EQUAL, Bytes.fromHex("00000000")),
            new Expression.Flow(Expression.Flow.Field.DIRECTION, 0),
            new Expression.Flow(Expression.Flow.Field.DESTINATION_6, 0),
            new Expression.ValueFrom("stamp", 0, 16),
            new Expression.StoreFlowMark(16),
            new Expression.Meta(Expression.Meta.Key.INPUT_BRIDGE, 0),
            new Expression.StoreZone(0),
            new Expression.Meta(Expression.Meta.Key.ETHER_TYPE, 0),
            new Expression.Constant(Bytes.fromHex("00000000"), 0),
            new Expression.StorePriority(0),
            new Expression.CountHere(),
            new Expression.Limit(new PacketLimit(10, 20, false)),
            new Expression.Limit(new PacketLimit(100_000_000, 5, true)),
            new Expression.Log(5332, "slash32 no-rule egress", 128),
            new Expression.Count("from_tap1"),
            new Expression.CountFrom("spoofed", 0),
            new Expression.VerdictFrom("guard", 0),
            new Expression.Immediate(new Verdict.Accept()));

    private static Message message(Request request) {
        var messages = new ArrayList<Message>();
        Message.split(ByteBuffer.wrap(request.toArray()), messages::add);
        assertThat(messages).hasSize(1);
        return messages.getFirst();
    }

    /// What nft 1.0.6 sends for {@code add rule inet slash32 pre iifname "s32*" drop comment "abc"}, after its
    /// nlmsghdr.
    @Test
    void aRuleIsAsNftSendsIt() {
        var rule = new NftRule(
                TABLE,
                "pre",
                List.of(
                        new Expression.Meta(Expression.Meta.Key.INPUT_NAME, 0),
                        new Expression.Compare(0, Operator.EQUAL, Bytes.fromHex("733332")),
                        new Expression.Immediate(new Verdict.Drop())),
                "abc");
        String captured = "01000000" // nfgenmsg: inet
                + "0c000100 736c617368333200" // table
                + "08000200 70726500" // chain
                + "84000480" // expressions
                + "24000180 09000100 6d657461 00000000 14000280 08000200 00000006 08000100 00000001"
                + "2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 07000100 73333200"
                + "30000180 0e000100 696d6d65 64696174 65000000"
                + "1c000280 08000100 00000000 10000280 0c000280 08000100 00000000"
                + "0a000700 00046162 63000000"; // user data
        assertThat(Bytes.copyOf(
                        Nftables.addRule(rule).toArray(),
                        16,
                        Nftables.addRule(rule).length() - 16))
                .hasToString(captured.replace(" ", ""));
    }

    @Test
    void rulesAreReadAsTheyAreWritten() {
        var rule = new NftRule(TABLE, "input", EVERY_KIND, "every kind");
        assertThat(NftRule.parse(Family.INET, message(Nftables.addRule(rule)))).isEqualTo(rule);
        var jump = new NftRule(TABLE, "a", List.of(new Expression.Immediate(new Verdict.Jump("b"))), "");
        assertThat(NftRule.parse(Family.INET, message(Nftables.addRule(jump)))).isEqualTo(jump);
    }

    @Test
    void chainsAreReadAsTheyAreWritten() {
        for (NftChain chain : List.of(
                new NftChain(TABLE, "guarded", null),
                new NftChain(TABLE, "prerouting", new Hook(Hook.Point.PREROUTING, -300)),
                new NftChain(TABLE, "output", new Hook(Hook.Point.OUTPUT, 0)))) {
            assertThat(NftChain.parse(Family.INET, message(Nftables.addChain(chain))))
                    .isEqualTo(chain);
        }
        var arp = new NftChain(new TableId(Family.ARP, "slash32"), "input", new Hook(Hook.Point.ARP_INPUT, 0));
        assertThat(NftChain.parse(Family.ARP, message(Nftables.addChain(arp)))).isEqualTo(arp);
    }

    @Test
    void setsAreReadAsTheyAreWrittenAndHaveTheNumbersOfNft() {
        var sources =
                SetType.setOf(SetType.Field.INTERFACE_NAME, SetType.Field.ETHERNET_ADDRESS, SetType.Field.IPV4_ADDRESS);
        assertThat(sources.datatype()).isEqualTo(0x29247);
        assertThat(sources.keyLength()).isEqualTo(28);
        assertThat(sources).hasToString("ifname . ether_addr . ipv4_addr");
        for (SetType type : List.of(
                sources,
                SetType.setOf(SetType.Field.IPV6_ADDRESS),
                SetType.setOf(SetType.Field.MARK),
                new SetType(List.of(SetType.Field.NETWORK_PROTOCOL), SetType.Content.MARK),
                new SetType(List.of(SetType.Field.MARK, SetType.Field.PORT), SetType.Content.COUNTED),
                new SetType(List.of(SetType.Field.INTERFACE_NAME), SetType.Content.LIMITED),
                new SetType(List.of(SetType.Field.INTERFACE_NAME), SetType.Content.VERDICT),
                new SetType(List.of(SetType.Field.INTERFACE_NAME), SetType.Content.COUNTER))) {
            var set = new NftSet(TABLE, "s", type);
            assertThat(NftSet.parse(Family.INET, message(Nftables.addSet(set, 1))))
                    .isEqualTo(set);
        }
    }

    @Test
    void elementsAreReadAsTheyAreWrittenHoweverMany() {
        List<SetElement> elements = IntStream.range(0, 10_000)
                .mapToObj(i -> SetElement.of(Bytes.fromHex("0a%06x".formatted(i))))
                .toList();
        List<Request> requests = Nftables.addElements(TABLE, "members_7_4", elements);
        assertThat(requests).hasSizeBetween(3, 6).allMatch(request -> request.length() < 65_535);
        assertThat(requests.stream().flatMap(NftablesTest::elements)).containsExactlyElementsOf(elements);
        assertThat(Nftables.addElements(TABLE, "s", List.of())).isEmpty();

        Bytes tap = Bytes.fromHex("74617031000000000000000000000000");
        List<SetElement> mapped = List.of(
                new SetElement(tap, new SetElement.Value.To(new Verdict.Goto("from_tap1"))),
                new SetElement(tap, new SetElement.Value.To(new Verdict.Drop())),
                new SetElement(tap, new SetElement.Value.Mark(0x8000_0001)),
                new SetElement(tap, new SetElement.Value.Limited(new PacketLimit(5, 7, true))),
                new SetElement(tap, new SetElement.Value.CountedBy("spoofed_tap1")));
        assertThat(Nftables.addElements(TABLE, "m", mapped).stream().flatMap(NftablesTest::elements))
                .containsExactlyElementsOf(mapped);
        assertThat(Nftables.deleteElements(TABLE, "m", mapped).stream().flatMap(NftablesTest::elements))
                .as("named by their keys alone")
                .containsOnly(SetElement.of(tap));
    }

    private static Stream<@Nullable SetElement> elements(Request request) {
        var elements = new ArrayList<@Nullable SetElement>();
        NftSet.parseElements(message(request), elements::add);
        return elements.stream();
    }

    @Test
    void aBatchIsFramedAndMayNameItsGeneration() {
        assertThat(Bytes.copyOf(Nftables.batchBegin(null).toArray()))
                .hasToString("140000001000010000000000000000000000000a");
        assertThat(Bytes.copyOf(Nftables.batchBegin(7).toArray()))
                .hasToString("1c0000001000010000000000000000000000000a0800010000000007");
        assertThat(Bytes.copyOf(Nftables.batchEnd().toArray())).hasToString("140000001100010000000000000000000000000a");
    }

    /// What only a stranger would put into our tables is seen as such, never taken for ours.
    @Test
    void whatIsNotOursIsForeign() {
        Request rule = Request.of(Nft.NEWRULE, 0, () -> "rule").u32(1).nested(4, list -> {
            list.nested(1, e -> e.attribute(1, "masq").nested(2, _ -> {}));
            list.nested(
                    1,
                    e -> e.attribute(1, "lookup")
                            .nested(
                                    2,
                                    data -> data.attribute(1, "s")
                                            .attributeBe32(2, 1)
                                            .attributeBe32(5, 1))); // inverted
            list.nested(
                    1,
                    e -> e.attribute(1, "ct")
                            .nested(2, data -> data.attributeBe32(2, 13).attributeBe32(4, 1))); // sets a label
            list.nested(1, e -> e.attribute(1, "quota").nested(2, data -> data.attributeBe64(1, 0)));
            list.nested(
                    1,
                    e -> e.attribute(1, "immediate")
                            .nested(
                                    2,
                                    data -> data.attributeBe32(1, 0)
                                            .nested(2, d -> d.nested(2, v -> v.attributeBe32(1, -2))))); // break
        });
        assertThat(NftRule.parse(Family.INET, message(rule)).expressions())
                .hasSize(5)
                .allMatch(expression -> expression instanceof Expression.Foreign);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void malformedAnswersDoNoHarm(long seed) {
        var random = new Random(seed);
        var set = new NftSet(TABLE, "s", SetType.setOf(SetType.Field.IPV4_ADDRESS));
        List<byte[]> samples = List.of(
                Nftables.addRule(new NftRule(TABLE, "input", EVERY_KIND, "comment"))
                        .toArray(),
                Nftables.addChain(new NftChain(TABLE, "c", new Hook(Hook.Point.INPUT, 0)))
                        .toArray(),
                Nftables.addSet(set, 1).toArray(),
                Nftables.addElements(TABLE, "s", List.of(SetElement.of(Bytes.fromHex("0a000001"))))
                        .getFirst()
                        .toArray());
        for (int i = 0; i < 2_000; i++) {
            byte[] bytes = samples.get(random.nextInt(samples.size())).clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[16 + random.nextInt(bytes.length - 16)] = (byte) random.nextInt();
            }
            Message.split(ByteBuffer.wrap(bytes), NftablesTest::parseAsEverything);
        }
    }

    /// An attribute of a wrong length is an IllegalArgumentException, as Attributes says; anything else is ours.
    private static void parseAsEverything(Message message) {
        List<Runnable> parsers = List.of(
                () -> NftRule.parse(Family.INET, message),
                () -> NftChain.parse(Family.INET, message),
                () -> NftSet.parse(Family.INET, message),
                () -> NftCounter.parse(Family.INET, message),
                () -> NftTable.parse(Family.INET, message),
                () -> NftEvent.parse(message),
                () -> LoggedPacket.parse(message),
                () -> NftSet.parseElements(message, _ -> {}));
        for (Runnable parser : parsers) {
            assertThatCode(() -> {
                        try {
                            parser.run();
                        } catch (IllegalArgumentException e) {
                            assertThat(e).hasMessageStartingWith("attribute ");
                        }
                    })
                    .doesNotThrowAnyException();
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(3, 1);
    }
}
