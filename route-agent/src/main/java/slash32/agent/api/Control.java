package slash32.agent.api;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.EndpointView;
import slash32.agent.status.ExplanationView;
import slash32.agent.status.GroupView;
import slash32.agent.status.PathsView;
import slash32.agent.status.SasView;
import slash32.agent.status.SegmentsView;
import slash32.netlink.netfilter.Counts;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// The agent as the API, metrics and health see it.
///
/// Called on many virtual threads at once; may block. A change is durable before its outcome is given back, and the
/// conditions that it touches are no longer True.
public interface Control extends NodeControl {
    /// Makes {@code spec} the desired state of its endpoint.
    ///
    /// @throws InterruptedException if the caller gave up; the change may still happen
    Outcome putEndpoint(EndpointSpec spec) throws InterruptedException;

    /// Makes {@code specs} the whole set of this host's endpoints. Where one is refused, all are, and the problem's
    /// field begins with its place: {@code endpoints[3].addresses[0]}.
    Outcome.SetOutcome putEndpoints(List<EndpointSpec> specs) throws InterruptedException;

    /// {@link Outcome.Changed} if it was there, {@link Outcome.Unchanged} if not.
    Outcome deleteEndpoint(EndpointId id) throws InterruptedException;

    /// Makes {@code group} the desired state of its group, for members here and rules that name it.
    Outcome putGroup(SecurityGroup group) throws InterruptedException;

    /// {@link Outcome.Changed} if it was there, {@link Outcome.Unchanged} if not.
    Outcome deleteGroup(GroupId id) throws InterruptedException;

    /// Makes {@code spec} the desired state of its segment.
    Outcome putSegment(SegmentSpec spec) throws InterruptedException;

    /// {@link Outcome.Changed} if it was there, {@link Outcome.Unchanged} if not.
    Outcome deleteSegment(SegmentId id) throws InterruptedException;

    /// A segment that the API states; null if there is none.
    @Nullable
    SegmentSpec segment(SegmentId id);

    /// Waits until {@code kind} holds for the endpoint, or fails, or {@code timeout} is over.
    ///
    /// @return the endpoint then; null if there is none or it was removed meanwhile
    @Nullable
    EndpointView awaitEndpoint(EndpointId id, ConditionKind kind, Duration timeout) throws InterruptedException;

    /// Costs one endpoint, unlike {@link NodeControl#snapshot}.
    @Nullable
    EndpointView endpoint(EndpointId id);

    @Nullable
    GroupView group(GroupId id);

    /// What each rule of a group let pass, read from the kernel; by the rules' ids, in their order.
    ///
    /// @throws IOException if the kernel can't be asked
    Map<String, Counts> counters(SecurityGroup group) throws IOException;

    /// Some of the packets that were dropped lately; {@link EventLog#after} says how to follow it.
    EventLog drops();

    /// The Layer 2 domains that this node takes part in.
    SegmentsView segments();

    /// Keys with nodes of other sites.
    SasView sas();

    /// The ways to the nodes that this one has an overlay with.
    PathsView paths();

    /// What becomes of the first packet of a flow, and why.
    ExplanationView explain(FirstPacket packet);
}
