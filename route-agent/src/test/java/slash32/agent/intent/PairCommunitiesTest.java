package slash32.agent.intent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.Asn;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.testkit.Seeds;

class PairCommunitiesTest {
    private static final Asn AS = new Asn(65000);

    private static Stream<Long> seeds() {
        return Seeds.of(20);
    }

    @Test
    void readAsAnOperatorMayReadThem() {
        assertThat(of("10.9.7.7/32", "2001:db8::/64", "2001:db8::7/128"))
                .extracting(LargeCommunity::toString)
                .containsExactly(
                        "65000:4000032:168363783",
                        "65000:6000064:536939960",
                        "65000:6001064:0",
                        "65000:6010128:536939960",
                        "65000:6011128:0",
                        "65000:6012128:0",
                        "65000:6013128:7");
        assertThat(of("0.0.0.0/0", "::/0"))
                .extracting(LargeCommunity::toString)
                .containsExactly("65000:4000000:0", "65000:6000000:0");
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void surviveAnyOrderAndWhoStandsBeside(long seed) {
        var random = new Random(seed);
        var prefixes = new ArrayList<Prefix>();
        for (int i = 0; i < 64; i++) {
            prefixes.add(
                    random.nextBoolean()
                            ? Prefix.containing(new Ipv4Address(random.nextInt()), random.nextInt(33))
                            : Prefix.containing(
                                    new Ipv6Address(random.nextLong(), random.nextLong()), random.nextInt(129)));
        }
        List<Prefix> distinct = prefixes.stream().distinct().toList();
        var communities = new ArrayList<>(PairCommunities.of(distinct, AS));
        assertThat(communities).hasSize(PairCommunities.count(distinct));
        communities.addAll(PairCommunities.of(List.of(Prefix.parse("192.0.2.1/32")), new Asn(65001)));
        communities.add(new LargeCommunity(65000, 1, 1));
        communities.add(new LargeCommunity(65000, 2, 7));
        Collections.shuffle(communities, random);
        assertThat(PairCommunities.read(communities, AS)).containsExactlyInAnyOrderElementsOf(distinct);
    }

    /// Parts of what another speaker may have cut, joined or made up.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "4000033:1", // longer than an address
                "4000024:1", // a bit behind its length
                "6000128:536939960 6001128:0 6002128:0", // a word is missing
                "6000032:536939960 6001032:0", // a word too many
                "6000064:536939960 6000064:536939961 6001064:0", // two that contradict
                "6000033:536939960 6001033:1",
                "6000129:0 6001129:0 6002129:0 6003129:0",
                "6004128:0",
                "7000032:1",
            })
    void stateNothingUnlessWhole(String communities) {
        List<LargeCommunity> all = Stream.of(communities.split(" "))
                .map(community -> community.split(":"))
                .map(parts -> new LargeCommunity(65000, Long.parseLong(parts[0]), Long.parseLong(parts[1])))
                .toList();
        assertThat(PairCommunities.read(all, AS)).isEmpty();
    }

    private static List<LargeCommunity> of(String... prefixes) {
        return PairCommunities.of(Stream.of(prefixes).map(Prefix::parse).toList(), AS);
    }
}
