package slash32.agent.intent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.agent.api.Outcome;
import slash32.agent.api.Problem;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.Event;
import slash32.agent.status.FileView;
import slash32.net.Asn;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.overlay.choice.SiteId;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// What an earlier run was told, and this one can't take.
class RefusedEndpointsTest {
    private static final GroupId WEB = new GroupId(7);
    private static final Moment NOW = new Moment(Instant.EPOCH, 0);
    private static final String OUTSIDE = "192.0.2.1/32 is in none of this node's endpointPrefixes";

    private final Recorder recorder = new Recorder();
    private final List<Effect> effects = recorder.effects;
    private final List<Event> events = recorder.events;
    private final Intent intent = new Intent(
            new Node(
                    new Asn(65000),
                    new SiteId(1),
                    Ipv4Address.parse("10.0.0.11"),
                    null,
                    null,
                    null,
                    null,
                    List.of(Prefix.parse("10.0.0.0/8")),
                    List.of()),
            recorder);

    @BeforeEach
    void aGroup() {
        intent.put(new SecurityGroup(WEB, "web", List.of()), NOW);
        effects.clear();
    }

    @Test
    void isShownWithItsReasonItsInterfaceIsHeldAndItClaimsNothing() {
        EndpointSpec a = spec("a", "tap-a", 1, 1, "192.0.2.1");
        assertThat(detail(intent.recover(a, NOW))).isEqualTo(OUTSIDE);
        assertThat(effects).containsExactly(new Effect.Desire.Held(a.id(), a.device()));
        EndpointView view = Objects.requireNonNull(intent.endpoint(a.id()));
        assertThat(view.conditions())
                .allSatisfy(condition -> assertThat(condition.state()).isEqualTo(ConditionState.FAILED));
        assertThat(view.conditions().getFirst().message()).isEqualTo(OUTSIDE);
        assertThat(events).hasSize(view.conditions().size());
        EndpointSpec b = spec("b", "tap-a", 1, 1, "10.9.0.1");
        assertThat(intent.recover(b, NOW)).isNull();
        assertThat(intent.endpoints().stream().map(EndpointView::spec)).containsExactly(a, b);
        assertThat(intent.taken().stream().map(EndpointView::spec)).containsExactly(b);
    }

    @Test
    void doesNotTouchTheInterfaceOfAnother() {
        EndpointSpec b = spec("b", "tap-a", 1, 1, "10.9.0.1");
        intent.recover(b, NOW);
        effects.clear();
        EndpointSpec a = spec("a", "tap-a", 2, 1, "10.9.0.2");
        assertThat(detail(intent.recover(a, NOW))).isEqualTo("tap-a is endpoint b's");
        assertThat(effects).isEmpty();
        assertThat(intent.delete(b.id(), NOW)).isEqualTo(new Outcome.Changed());
        assertThat(effects).containsExactly(new Effect.Desire.NoEndpoint(b.id()), new Effect.Desire.Endpoint(a));
    }

    @Test
    void isTakenAsSoonAsNothingStandsAgainstIt() {
        EndpointSpec a = spec("a", "tap-a", 1, 1, "10.9.0.1");
        EndpointSpec twin = spec("b", "tap-b", 1, 1, "10.9.0.2");
        intent.recover(a, NOW);
        assertThat(detail(intent.recover(twin, NOW))).isEqualTo("52:54:00:00:00:01 is endpoint a's");
        effects.clear();
        intent.put(spec("a", "tap-a", 3, 2, "10.9.0.1"), NOW);
        assertThat(effects).last().isEqualTo(new Effect.Desire.Endpoint(twin));
        assertThat(intent.taken()).hasSize(2);
    }

    @Test
    void itsOwnerHasTheLastWord() {
        EndpointSpec a = spec("a", "tap-a", 1, 5, "192.0.2.1");
        intent.recover(a, NOW);
        effects.clear();
        assertThat(intent.put(spec("a", "tap-a", 1, 4, "10.9.0.1"), NOW))
                .isInstanceOfSatisfying(
                        Outcome.Refused.class,
                        refused -> assertThat(refused.problem().currentGeneration())
                                .isEqualTo(5));
        assertThat(intent.put(a, NOW)).isInstanceOf(Outcome.Refused.class);
        EndpointSpec mended = spec("a", "tap-a", 1, 5, "10.9.0.1");
        assertThat(intent.put(mended, NOW)).isEqualTo(new Outcome.Changed());
        assertThat(effects).containsExactly(new Effect.Desire.Endpoint(mended));

        EndpointSpec b = spec("b", "tap-b", 2, 1, "192.0.2.1");
        intent.recover(b, NOW);
        effects.clear();
        assertThat(intent.delete(b.id(), NOW)).isEqualTo(new Outcome.Changed());
        assertThat(effects).containsExactly(new Effect.Desire.NoEndpoint(b.id()));
        assertThat(intent.endpoint(b.id())).isNull();
        intent.recover(b, NOW);
        assertThat(intent.putAll(List.of(mended), NOW)).isEqualTo(new Outcome.Replaced(0, 0, 1, 1));
        assertThat(intent.endpoint(b.id())).isNull();
    }

    @Test
    void ofAFileLeavesTheRestOfTheFileInForce() {
        EndpointSpec good = spec("a", "tap-a", 1, 0, "10.9.0.1");
        EndpointSpec bad = spec("b", "tap-b", 2, 0, "192.0.2.1");
        var file = new StaticFile("f.yaml", List.of(), List.of(good, bad));
        assertThat(intent.put(file, NOW)).isNotNull();
        assertThat(intent.recover(file, NOW)).containsOnlyKeys(bad.id());
        assertThat(effects)
                .containsExactly(new Effect.Desire.Endpoint(good), new Effect.Desire.Held(bad.id(), bad.device()));
        assertThat(intent.files()).containsExactly(new FileView("f.yaml", 1, 0, "endpoint b: " + OUTSIDE));
        assertThat(Objects.requireNonNull(intent.endpoint(bad.id())).file()).isEqualTo("f.yaml");
        assertThat(intent.delete(bad.id(), NOW)).isInstanceOf(Outcome.Refused.class);
        assertThat(intent.putAll(List.of(), NOW)).isEqualTo(new Outcome.Replaced(0, 0, 0, 0));
        effects.clear();
        EndpointSpec mended = spec("b", "tap-b", 2, 0, "10.9.0.2");
        assertThat(intent.put(new StaticFile("f.yaml", List.of(), List.of(good, mended)), NOW))
                .isNull();
        assertThat(effects).containsExactly(new Effect.Desire.Endpoint(mended));
        assertThat(intent.files()).containsExactly(new FileView("f.yaml", 2, 0, null));
    }

    @Test
    void ofAFileGoesWithTheFile() {
        EndpointSpec bad = spec("b", "tap-b", 2, 0, "192.0.2.1");
        intent.recover(new StaticFile("f.yaml", List.of(), List.of(bad)), NOW);
        effects.clear();
        assertThat(intent.put(StaticFile.empty("f.yaml"), NOW)).isNull();
        assertThat(effects).containsExactly(new Effect.Desire.NoEndpoint(bad.id()));
        assertThat(intent.endpoints()).isEmpty();
    }

    private static String detail(@Nullable Problem problem) {
        return Objects.requireNonNull(problem).detail();
    }

    private static EndpointSpec spec(String id, String device, int mac, long generation, String address) {
        return new SpecBuilder(id, device, new MacAddress(0x5254_0000_0000L + mac))
                .created()
                .generation(generation)
                .addresses(List.of(Prefix.parse(address + "/32")))
                .groups(WEB)
                .build();
    }
}
