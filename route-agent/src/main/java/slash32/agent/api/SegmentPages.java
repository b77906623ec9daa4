package slash32.agent.api;

import static slash32.agent.api.Replies.deleted;
import static slash32.agent.api.Replies.json;
import static slash32.agent.api.Replies.noSuch;
import static slash32.agent.api.Replies.page;
import static slash32.agent.api.Replies.problem;

import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.SegmentJson;
import slash32.agent.json.StrictJson;
import slash32.agent.status.SegmentFormat;
import slash32.agent.status.SegmentsView;

/// {@code /v1/segments} and below.
final class SegmentPages {
    private final Control control;

    SegmentPages(Control control) {
        this.control = control;
    }

    Response getAll(Request request) {
        SegmentsView view = control.segments();
        return page(request, json -> SegmentFormat.json(json, view), () -> SegmentFormat.text(view));
    }

    Response get(Request request) {
        SegmentId id = segmentId(request);
        SegmentSpec spec = control.segment(id);
        return spec == null ? noSuch("segment", id) : segment(200, spec);
    }

    Response put(Request request) throws MalformedJsonException, InterruptedException {
        SegmentSpec spec = SegmentJson.read(StrictJson.parse(request.body()), "", segmentId(request));
        return switch (control.putSegment(spec)) {
            case Outcome.Refused(Problem problem) -> problem(problem);
            case Outcome.Created() -> segment(201, spec);
            case Outcome.Changed(), Outcome.Unchanged() -> segment(200, spec);
        };
    }

    Response delete(Request request) throws InterruptedException {
        return deleted(control.deleteSegment(segmentId(request)));
    }

    private static Response segment(int status, SegmentSpec spec) {
        return json(status, json -> SegmentJson.write(json, spec));
    }

    private static SegmentId segmentId(Request request) {
        return new SegmentId(request.path().get(2));
    }
}
