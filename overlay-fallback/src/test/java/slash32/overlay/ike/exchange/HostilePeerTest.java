package slash32.overlay.ike.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.AesGcm;
import slash32.overlay.ike.exchange.IkeSimulation.Node;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageDecoder;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;
import slash32.overlay.ike.wire.MessageEncoder;
import slash32.overlay.ike.wire.Payload;
import slash32.testkit.Seeds;

/// A peer that has proven who it is and then says what makes no sense, and strangers that do: mutations of real
/// messages, as they are on the wire and as they are inside, sealed with that peer's keys. Another peer stays up.
class HostilePeerTest {
    private static final Duration AWHILE = Duration.ofSeconds(3);
    private static final int MESSAGES = 100;
    /// What a peer may have made a node keep: those from which cookies are asked for, and some with the peer.
    private static final int MOST_SAS = 40;
    private static final int MOST_CHILDREN = 16;

    static Stream<Long> seeds() {
        return Seeds.of(2, 1);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void anotherPeerStaysUpWhateverOneSays(long seed) {
        var attack = new Attack(seed);
        attack.learn();
        for (int i = 0; i < MESSAGES; i++) {
            attack.goOn();
        }
        attack.assertSeen();
        attack.assertGoodPeerCanRekey();
    }

    /// What is inside a real message.
    private record Inside(int exchange, int first, Bytes octets) {}

    /// A node, a good peer of it and a bad one.
    private static final class Attack {
        private final List<byte[]> datagrams = new ArrayList<>();
        private final List<Inside> insides = new ArrayList<>();
        private final IkeSimulation sim;
        private final Random random;
        private final Node node;
        private final Node good;
        private final Node bad;

        /// The SA as the bad end has it, and the next request that the node awaits on it.
        private IkeSa keyed;

        private AesGcm cipher;
        private int messageId;
        private int answered;

        Attack(long seed) {
            sim = new IkeSimulation(seed);
            random = new Random(seed);
            node = sim.node("hv1", "192.0.2.1");
            good = sim.node("hv2", "192.0.2.2");
            bad = sim.node("hv3", "192.0.2.3");
            sim.acquaint(node, good);
            good.ike.connect(node.identity, sim.nowNanos);
            sim.runFor(AWHILE);
            keyed = begun();
            cipher = new AesGcm(keyed.keys().cipher(keyed.initiator));
        }

        void goOn() {
            if (isSpoilt()) {
                keyed = begun();
                cipher = new AesGcm(keyed.keys().cipher(keyed.initiator));
            }
            say(path(), message());
            assertThat(node.ike.isEstablished(good.identity)).isTrue();
            assertThat(node.ike.childSas(good.identity)).isNotEmpty();
            assertThat(node.ike.childSas(bad.identity)).hasSizeLessThanOrEqualTo(MOST_CHILDREN);
            assertThat(node.ike.ikeSas()).isLessThan(MOST_SAS);
        }

        private boolean isSpoilt() {
            return node.ike.with(bad.identity).stream()
                    .noneMatch(sa -> sa.phase == IkeSa.Phase.ESTABLISHED && sa.initiatorSpi() == keyed.initiatorSpi());
        }

        void assertSeen() {
            assertThat(answered).as("what was authentic was looked at").isPositive();
        }

        void assertGoodPeerCanRekey() {
            int before = good.ike.childSas(node.identity).getFirst().inboundSpi();
            good.ike.rekeyChild(before, sim.nowNanos);
            sim.runFor(AWHILE);
            ChildSa after = good.ike.childSas(node.identity).getFirst();
            assertThat(after.inboundSpi()).isNotEqualTo(before);
            assertThat(node.ike.childSas(good.identity)).anyMatch(child -> child.outboundSpi() == after.inboundSpi());
        }

        /// Real messages of each kind, from two nodes that nothing is wrong with.
        void learn() {
            var quiet = new IkeSimulation(1);
            Node one = quiet.node("hv3", "192.0.2.3");
            Node other = quiet.node("hv1", "192.0.2.1");
            quiet.acquaint(one, other);
            one.ike.connect(other.identity, quiet.nowNanos);
            datagrams.add(sent(one)); // it is said once more
            List<Runnable> wishes = List.of(
                    () -> one.ike.with(other.identity).getFirst().children.create(quiet.nowNanos),
                    () -> one.ike.rekeyChild(
                            one.ike.childSas(other.identity).getFirst().inboundSpi(), quiet.nowNanos),
                    () -> one.ike.rekeyIke(other.identity, quiet.nowNanos),
                    () -> one.ike.release(other.identity, quiet.nowNanos));
            for (Runnable wish : wishes) {
                quiet.runFor(Duration.ofSeconds(10));
                wish.run();
                byte[] datagram = sent(one);
                datagrams.add(datagram);
                one.ike.with(other.identity).stream()
                        .flatMap(sa -> inside(sa, datagram).stream())
                        .findFirst()
                        .ifPresent(insides::add);
            }
            assertThat(insides).hasSize(wishes.size());
        }

        private static Optional<Inside> inside(IkeSa sa, byte[] datagram) {
            if (MessageDecoder.decode(ByteBuffer.wrap(datagram)) instanceof Decoded.Accepted(Message outer)
                    && outer.payloads().getLast() instanceof Payload.Encrypted sealed) {
                byte[] octets = sealed.sealed().toArray();
                byte[] front = Arrays.copyOf(datagram, datagram.length - octets.length);
                return new AesGcm(sa.keys().cipher(sa.initiator))
                        .open(front, octets)
                        .map(padded -> new Inside(
                                outer.header().exchange(),
                                sealed.firstInner(),
                                Bytes.copyOf(Arrays.copyOf(padded, padded.length - 1 - padded[padded.length - 1]))));
            }
            return Optional.empty();
        }

        private static byte[] sent(Node from) {
            return from.ike.actions().stream()
                    .filter(Action.Send.class::isInstance)
                    .map(action -> ((Action.Send) action).datagram().toArray())
                    .findFirst()
                    .orElseThrow();
        }

        /// The bad end proves who it is, as it does again whenever it has spoilt what it had.
        private IkeSa begun() {
            sim.restart(bad);
            sim.acquaint(node, bad);
            bad.ike.connect(node.identity, sim.nowNanos);
            sim.runFor(AWHILE);
            assertThat(node.ike.isEstablished(bad.identity)).isTrue();
            messageId = 2;
            return bad.ike.with(node.identity).getFirst();
        }

        private Path path() {
            IpAddress from = switch (random.nextInt(4)) {
                case 0 -> good.address;
                case 1 -> IpAddress.parse("198.51.100.9");
                default -> bad.address;
            };
            return new Path(node.address, random.nextBoolean() ? Path.IKE_PORT : Path.NAT_PORT, from, Path.IKE_PORT);
        }

        private byte[] message() {
            return switch (random.nextInt(8)) {
                case 0 -> mutated(datagrams.get(random.nextInt(datagrams.size())));
                case 1 -> mutated(sealed(insides.get(random.nextInt(insides.size()))));
                default -> sealed(nonsense());
            };
        }

        private Inside nonsense() {
            Inside real = insides.get(random.nextInt(insides.size()));
            int exchange = random.nextInt(3) == 0 ? 34 + random.nextInt(5) : real.exchange;
            return switch (random.nextInt(6)) {
                case 0 -> new Inside(exchange, 33 + random.nextInt(16), Bytes.copyOf(mutated(real.octets.toArray())));
                case 1 -> of(exchange, payloads());
                case 2 -> new Inside(exchange, random.nextInt(256), Bytes.copyOf(octets(random.nextInt(80))));
                default -> new Inside(exchange, real.first, Bytes.copyOf(mutated(real.octets.toArray())));
            };
        }

        private static Inside of(int exchange, List<Payload> payloads) {
            return new Inside(
                    exchange, MessageEncoder.firstType(payloads), Bytes.copyOf(MessageEncoder.inner(payloads)));
        }

        /// Chains of the kinds that there are, with anything inside.
        private List<Payload> payloads() {
            return Stream.generate(() -> (Payload) new Payload.Unknown(
                            33 + random.nextInt(16), random.nextBoolean(), Bytes.copyOf(octets(random.nextInt(40)))))
                    .limit(random.nextInt(6))
                    .toList();
        }

        private byte[] octets(int length) {
            byte[] octets = new byte[length];
            random.nextBytes(octets);
            return octets;
        }

        private byte[] mutated(byte[] real) {
            byte[] octets = real.clone();
            if (octets.length > 0 && random.nextInt(4) == 0) {
                octets = Arrays.copyOf(octets, random.nextInt(octets.length + 8));
            }
            for (int k = octets.length == 0 ? 0 : random.nextInt(6); k > 0; k--) {
                octets[random.nextInt(octets.length)] = (byte) random.nextInt();
            }
            if (octets.length >= Header.BYTES && random.nextBoolean()) {
                ByteBuffer.wrap(octets).putInt(Header.BYTES - 4, octets.length); // else the length gives it away
            }
            return octets;
        }

        /// Whole, or as a fragment.
        private byte[] sealed(Inside inside) {
            boolean odd = random.nextInt(10) == 0;
            var header = new Header(
                    keyed.initiatorSpi(),
                    keyed.responderSpi(),
                    inside.exchange,
                    keyed.initiator,
                    random.nextInt(12) == 0,
                    odd ? random.nextInt(8) : messageId);
            byte[] padded = Arrays.copyOf(inside.octets.toArray(), inside.octets.length() + 1);
            int sealedBytes = padded.length + AesGcm.OVERHEAD_BYTES;
            byte[] front = random.nextInt(6) == 0
                    ? MessageEncoder.fragmentFront(
                            header, inside.first, 1 + random.nextInt(3), 1 + random.nextInt(3), sealedBytes)
                    : MessageEncoder.encryptedFront(header, inside.first, sealedBytes);
            byte[] sealed = cipher.seal(front, padded);
            return ByteBuffer.allocate(front.length + sealed.length)
                    .put(front)
                    .put(sealed)
                    .array();
        }

        /// Gives it to the node, and looks whether it answered: then it awaits the next.
        private void say(Path path, byte[] message) {
            node.ike.received(path, message, sim.nowNanos);
            for (Action action : node.ike.actions()) {
                if (action instanceof Action.Send(Path _, var datagram)
                        && MessageDecoder.decode(ByteBuffer.wrap(datagram.toArray()))
                                instanceof Decoded.Accepted(Message answer)
                        && answer.header().response()
                        && answer.header().initiatorSpi() == keyed.initiatorSpi()
                        && answer.header().messageId() == messageId) {
                    messageId++;
                    answered++;
                }
            }
        }
    }
}
