package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.securitygroup.Direction.EGRESS;
import static slash32.securitygroup.Direction.INGRESS;
import static slash32.securitygroup.nft.GuestAndFabric.COMPILER;
import static slash32.securitygroup.nft.GuestAndFabric.MAC;
import static slash32.securitygroup.nft.GuestAndFabric.OUTSIDE;
import static slash32.securitygroup.nft.GuestAndFabric.OUTSIDE_MAC;
import static slash32.securitygroup.nft.GuestAndFabric.TAP;
import static slash32.securitygroup.nft.GuestAndFabric.apply;
import static slash32.securitygroup.nft.GuestAndFabric.guest;
import static slash32.securitygroup.nft.GuestAndFabric.outside;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.Rate;
import slash32.securitygroup.RateLimit;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Endpoints' limits, with packets that are counted: what is beyond them is dropped, and nothing else.
@InNetns
@ExtendWith(ConformanceExtension.class)
class RateLimitsKernelTest {
    private static final String OTHER = "tapb";
    private static final MacAddress OTHER_MAC = MacAddress.parse("52:54:00:00:00:0b");
    private static final IpAddress OTHER_GUEST = IpAddress.parse("10.0.0.2");
    private static final Rate FEW = new Rate(1, 10);

    private Wire wire;
    private Firewall firewall;

    @BeforeEach
    void connect() throws IOException {
        wire = GuestAndFabric.wire();
        wire.attach(OTHER, OTHER_MAC, OTHER_GUEST);
        firewall = Firewall.open(COMPILER);
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    /// An endpoint without port security, so that limits are all there is.
    private static EndpointPolicy endpoint(Map<Direction, RateLimit> limits) {
        return new EndpointPolicy(
                TAP,
                MAC,
                Set.of(guest(false).hostPrefix(), guest(true).hostPrefix()),
                Set.of(),
                List.of(),
                false,
                limits);
    }

    private void put(Direction direction, @Nullable Rate packets, @Nullable Rate connections) {
        firewall.putEndpoint(endpoint(Map.of(direction, new RateLimit(packets, connections))));
        apply(firewall);
    }

    private boolean goesOut(boolean v6, int sourcePort) {
        byte[] packet = Packets.udp(guest(v6), sourcePort, outside(v6), 53, wire.payload());
        return wire.send(TAP.value(), MAC, packet).contains(OUTSIDE);
    }

    private boolean comesIn(boolean v6, int sourcePort) {
        byte[] packet = Packets.udp(outside(v6), sourcePort, guest(v6), 53, wire.payload());
        return wire.send(OUTSIDE, OUTSIDE_MAC, packet).contains(TAP.value());
    }

    private boolean otherGoesOut(int sourcePort) {
        byte[] packet = Packets.udp(OTHER_GUEST, sourcePort, outside(false), 53, wire.payload());
        return wire.send(OTHER, OTHER_MAC, packet).contains(OUTSIDE);
    }

    /// Sends 60 packets; as many as the burst may pass, and one for each second that it takes. The host's kernel says a
    /// few words of itself to a guest, which count among the packets to it.
    private void passesTheBurstOf(Rate rate, Drop counted, IntPredicate send) throws IOException {
        int strays = counted.equals(new Drop(DropReason.PACKET_RATE, INGRESS)) ? 8 : 0;
        long before = dropped(counted);
        long began = System.nanoTime();
        long passed = IntStream.range(0, 60).filter(send).count();
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + 1;
        assertThat(passed).isBetween((long) rate.burst() - strays, rate.burst() + seconds * rate.perSecond());
        assertThat(dropped(counted) - before).isBetween(60 - passed, 60 - passed + strays);
    }

    private static long dropped(Drop drop) throws IOException {
        try (var counters = DropCounters.open()) {
            return Objects.requireNonNull(counters.read().get(drop)).packets();
        }
    }

    @Test
    void aGuestSendsNoMorePacketsThanItsLimit() throws IOException {
        put(EGRESS, FEW, null);
        passesTheBurstOf(FEW, new Drop(DropReason.PACKET_RATE, EGRESS), i -> goesOut(i % 2 == 0, 4_000));
        assertThat(IntStream.range(0, 60).allMatch(this::otherGoesOut))
                .as("another guest")
                .isTrue();
        assertThat(IntStream.range(0, 60).allMatch(_ -> comesIn(false, 4_000)))
                .as("to it")
                .isTrue();
    }

    @Test
    void aGuestIsSentNoMorePacketsThanItsLimit() throws IOException {
        put(INGRESS, FEW, null);
        passesTheBurstOf(FEW, new Drop(DropReason.PACKET_RATE, INGRESS), i -> comesIn(i % 2 == 0, 4_000));
        assertThat(IntStream.range(0, 60).allMatch(_ -> goesOut(false, 4_000)))
                .as("from it")
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGuestBeginsNoMoreConnectionsThanItsLimit(boolean v6) throws IOException {
        put(EGRESS, null, FEW);
        assertThat(goesOut(v6, 3_000)).isTrue();
        assertThat(IntStream.range(0, 60).allMatch(_ -> goesOut(v6, 3_000)))
                .as("packets of one that began")
                .isTrue();
        var left = new Rate(1, 9);
        passesTheBurstOf(left, new Drop(DropReason.CONNECTION_RATE, EGRESS), i -> goesOut(v6, 4_000 + i));
        assertThat(goesOut(v6, 3_000)).as("still").isTrue();
        assertThat(comesIn(v6, 5_000)).as("one to it").isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void noMoreConnectionsBeginToAGuestThanItsLimit(boolean v6) throws IOException {
        put(INGRESS, null, FEW);
        passesTheBurstOf(FEW, new Drop(DropReason.CONNECTION_RATE, INGRESS), i -> comesIn(v6, 4_000 + i));
        assertThat(goesOut(v6, 5_000)).as("one from it").isTrue();
    }

    @Test
    void aLimitChangesAndGoes() throws IOException {
        put(EGRESS, FEW, null);
        var less = new Rate(1, 3);
        put(EGRESS, less, null);
        passesTheBurstOf(less, new Drop(DropReason.PACKET_RATE, EGRESS), i -> goesOut(i % 2 == 0, 4_000));
        firewall.inSync();
        firewall.putEndpoint(endpoint(Map.of()));
        apply(firewall);
        assertThat(IntStream.range(0, 60).allMatch(i -> goesOut(i % 2 == 0, 4_000)))
                .isTrue();
        assertThat(Command.run("nft", "list", "table", "inet", "slash32"))
                .as("no packet of a host without limits pays for them")
                .doesNotContain("limit_");
    }

    @Test
    void limitsAreTakenUpByTheNextProcess() throws IOException {
        firewall.close();
        firewall = Firewall.open(COMPILER, false);
        var limits = Map.of(EGRESS, new RateLimit(FEW, FEW), INGRESS, new RateLimit(FEW, FEW));
        firewall.putEndpoint(endpoint(limits));
        apply(firewall);
        firewall.close();
        firewall = Firewall.open(COMPILER, false);
        firewall.putEndpoint(endpoint(limits));
        firewall.inSync();
        assertThat(firewall.apply(0).changedNothing()).isTrue();
        firewall.close();
        firewall = Firewall.open(COMPILER, false);
        firewall.putEndpoint(endpoint(Map.of()));
        firewall.inSync();
        apply(firewall);
        assertThat(Command.run("nft", "list", "table", "inet", "slash32")).doesNotContain("limit_");
    }
}
