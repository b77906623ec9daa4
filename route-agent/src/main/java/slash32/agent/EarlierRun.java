package slash32.agent;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.api.Outcome;
import slash32.agent.api.Problem;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.Intent;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.intent.StaticFile;
import slash32.agent.store.StateStore;

/// What an earlier run was told and kept on disk. Each part that can't be taken now, the configuration being another,
/// is named in the log, and is no reason to leave out another.
final class EarlierRun {
    private static final Logger LOG = LoggerFactory.getLogger(EarlierRun.class);

    private EarlierRun() {}

    /// States all of it, on the thread of {@code current}.
    static void recover(StateStore store, Intent current) {
        store.recoveredGroups().forEach(group -> current.put(group, IntentLoop.now()));
        for (SegmentSpec segment : store.recoveredSegments()) {
            if (current.put(segment) instanceof Outcome.Refused(Problem problem)) {
                LOG.error("segment={} event=not-recovered reason=\"{}\"", segment.id(), problem.detail());
            }
        }
        recover(store.recoveredFiles(), current); // before the endpoints that are in their groups
        for (EndpointSpec spec : store.recoveredEndpoints()) {
            Problem problem = current.recover(spec, IntentLoop.now());
            if (problem != null) {
                notRecovered(spec.id(), problem);
            }
        }
        if (store.lost() == null) {
            current.complete(IntentLoop.now());
        } else {
            LOG.error("event=state-lost reason=\"{}\" until=\"the whole set is put\"", store.lost());
        }
    }

    /// A file may need another: they are stated as long as that brings one further.
    private static void recover(List<StaticFile> files, Intent current) {
        List<StaticFile> left = files;
        int before;
        do {
            before = left.size();
            left = left.stream()
                    .filter(file -> current.put(file, IntentLoop.now()) != null)
                    .toList();
        } while (left.size() < before);
        left.forEach(file -> current.recover(file, IntentLoop.now()).forEach(EarlierRun::notRecovered));
    }

    private static void notRecovered(EndpointId endpoint, Problem problem) {
        LOG.error(
                "endpoint={} event=not-recovered reason=\"{}\" interface=\"stays, carries nothing\"",
                endpoint,
                problem.detail());
    }
}
