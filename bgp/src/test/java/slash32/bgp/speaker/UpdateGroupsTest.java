package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.policy.ExportFilter;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Ipv4Address;
import slash32.testkit.Seeds;

/// Update groups over connections that take nothing for a while, against what each peer must know in the end.
class UpdateGroupsTest {
    private static final AddressFamily V4 = AddressFamily.IPV4_UNICAST;
    private static final Terms TERMS = new Terms(true, true, Set.of(V4));
    private static final Recipient CLIENT = new Recipient(
            Offers.Origin.CLIENT,
            false,
            TERMS,
            new ExportFilter.Sender(ScriptedPeer.AS, ScriptedPeer.AS, null),
            null,
            null);

    private final ArrayDeque<Runnable> turns = new ArrayDeque<>();
    private final UpdateGroups groups =
            new UpdateGroups(turns::add, _ -> true, UpdateGroupsTest::word, (_, _, _, _) -> {}, 0);
    private final Map<Integer, Route> offered = new HashMap<>();
    private final List<Peer> peers = new ArrayList<>();

    private record Route(PathAttributes attributes, int source) {}

    /// A connection that can be stopped.
    private static final class Line extends EmbeddedChannel {
        private boolean stuck;

        @Override
        protected void doWrite(ChannelOutboundBuffer buffer) throws Exception {
            if (!stuck) {
                super.doWrite(buffer);
            }
        }
    }

    /// The other end: knows what it was told.
    private final class Peer {
        final int number;
        final Line line = new Line();
        final OutQueue queue;
        final UpdateDecoder decoder = new UpdateDecoder(TERMS);
        final Map<Integer, PathAttributes> known = new HashMap<>();
        int endsOfRib;
        int withdrawnInVain;
        int updates;

        Peer(int number) {
            this.number = number;
            line.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1, 2));
            queue = new OutQueue(line, number, Set.of(V4), (_, count) -> updates += count);
        }

        void setStuck(boolean stuck) {
            line.stuck = stuck;
            line.flush();
            groups.drain();
        }

        void read() {
            for (ByteBuf next = line.readOutbound(); next != null; next = line.readOutbound()) {
                byte[] octets = new byte[next.readableBytes()];
                next.readBytes(octets);
                next.release();
                for (int at = 0; at < octets.length; ) {
                    int length = (octets[at + 16] & 0xff) << 8 | (octets[at + 17] & 0xff);
                    if (octets[at + 18] == Message.UPDATE) {
                        take(decoder.decode(octets, at + Framer.HEADER_BYTES, at + length));
                    }
                    at += length;
                }
            }
        }

        private void take(Update update) {
            update.withdrawn()
                    .forEach(slice -> slice.forEach((_, high, _, _) -> {
                        if (known.remove((int) (high >>> 32)) == null) {
                            withdrawnInVain++;
                        }
                    }));
            update.announced()
                    .forEach(announced -> announced
                            .prefixes()
                            .forEach((_, high, _, _) ->
                                    known.put((int) (high >>> 32), Objects.requireNonNull(announced.attributes()))));
            if (update.endOfRib() != null) {
                endsOfRib++;
            }
        }
    }

    private static void word(
            AddressFamily family,
            int number,
            int pathId,
            Offers offers,
            @Nullable PathAttributes attributes,
            UpdateEncoder encoder) {
        encoder.add(pathId, offers.high(number), offers.low(number), offers.length(number));
    }

    private Peer join(int number) {
        var peer = new Peer(number);
        peers.add(peer);
        groups.join(peer.queue, CLIENT);
        return peer;
    }

    private void offer(int host, int source, int preference) {
        PathAttributes attributes = PathAttributes.builder()
                .nextHop(new Ipv4Address(0x0a00_0001 + source))
                .localPref(preference)
                .build();
        offered.put(host, new Route(attributes, source));
        int number = groups.offers(V4).put((long) host << 32, 0, 32, attributes, source, Offers.Origin.CLIENT);
        touch(number);
    }

    private void withdraw(int host) {
        offered.remove(host);
        touch(groups.offers(V4).remove((long) host << 32, 0, 32));
    }

    private void touch(int number) {
        if (number >= 0) {
            var numbers = new BitSet();
            numbers.set(number);
            groups.touch(V4, numbers);
        }
    }

    private void runTurns() {
        while (!turns.isEmpty()) {
            turns.removeFirst().run();
        }
    }

    private void everybodyKnowsWhatIsOffered() {
        peers.forEach(peer -> peer.setStuck(false));
        runTurns();
        peers.forEach(peer -> {
            peer.setStuck(false);
            peer.read();
        });
        for (Peer peer : peers) {
            var wanted = new HashMap<Integer, PathAttributes>();
            offered.forEach((host, route) -> {
                if (route.source() != peer.number) {
                    wanted.put(host, route.attributes());
                }
            });
            assertThat(peer.known).as("peer %d", peer.number).isEqualTo(wanted);
            assertThat(peer.endsOfRib).isEqualTo(1);
            assertThat(groups.advertised(peer.queue, V4)).isEqualTo(wanted.size());
        }
        assertThat(groups.cohorts()).isEqualTo(peers.isEmpty() ? 0 : 1);
    }

    @Test
    void whatIsTheSameForAllIsEncodedOnceAndNobodyGetsHisOwn() {
        for (int host = 0; host < 1_000; host++) {
            offer(0x0b00_0000 + host, host % 2, 100);
        }
        join(0);
        join(1);
        join(2);
        runTurns();
        assertThat(groups.cohorts()).isEqualTo(1);
        everybodyKnowsWhatIsOffered();
        assertThat(peers.get(2).updates).isEqualTo(peers.get(0).updates + peers.get(1).updates);
        assertThat(peers.stream().mapToInt(peer -> peer.withdrawnInVain)).containsOnly(0);
    }

    @Test
    void oneThatTakesNothingGoesAloneAndComesBack() {
        Peer slow = join(1);
        Peer quick = join(2);
        runTurns();
        slow.setStuck(true);
        for (int round = 0; round < 10; round++) {
            for (int host = 0; host < 500; host++) {
                offer(0x0b00_0000 + host, 0, 100 + round);
            }
        }
        runTurns();
        assertThat(groups.cohorts()).isEqualTo(2);
        quick.read();
        assertThat(quick.known).hasSize(500);
        assertThat(slow.line.outboundMessages()).hasSize(1); // End-of-RIB
        everybodyKnowsWhatIsOffered();
        assertThat(slow.updates).isLessThan(10);
    }

    @Test
    void oneThatJoinsOnTheWayIsToldTheRestAfterwards() {
        for (int host = 0; host < 100_000; host++) {
            offer(0x0b00_0000 + host, 0, 100);
        }
        join(1);
        turns.removeFirst().run();
        join(2);
        assertThat(groups.cohorts()).isEqualTo(1);
        everybodyKnowsWhatIsOffered();
        assertThat(peers.get(1).updates).isLessThan(2 * peers.get(0).updates);
    }

    @Test
    void aRouteThatMovesToAPeerIsTakenBackFromIt() {
        Peer one = join(1);
        Peer two = join(2);
        offer(0x0b00_0000, 1, 100);
        offer(0x0b00_0000, 2, 200);
        everybodyKnowsWhatIsOffered();
        assertThat(one.known).hasSize(1);
        assertThat(two.known).isEmpty();
    }

    static Stream<Long> seeds() {
        return Seeds.of(60, 1, 2, 3);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everyPeerKnowsWhatItMustInTheEnd(long seed) {
        var random = new Random(seed);
        int next = 0;
        for (int step = 0; step < 400; step++) {
            switch (random.nextInt(12)) {
                case 0 -> join(next++);
                case 1 -> {
                    if (!peers.isEmpty()) {
                        groups.leave(peers.remove(random.nextInt(peers.size())).queue);
                    }
                }
                case 2, 3 -> {
                    if (!peers.isEmpty()) {
                        peers.get(random.nextInt(peers.size())).setStuck(random.nextBoolean());
                    }
                }
                case 4 -> {
                    if (!peers.isEmpty()) {
                        groups.refresh(peers.get(random.nextInt(peers.size())).queue, V4, false);
                    }
                }
                case 5, 6 -> {
                    if (!turns.isEmpty()) {
                        turns.removeFirst().run();
                    }
                }
                case 7, 8 -> withdraw(0x0b00_0000 + random.nextInt(40));
                default -> offer(0x0b00_0000 + random.nextInt(40), random.nextInt(8), 100 + random.nextInt(3));
            }
        }
        everybodyKnowsWhatIsOffered();
    }
}
