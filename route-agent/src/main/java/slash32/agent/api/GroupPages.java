package slash32.agent.api;

import static slash32.agent.api.Replies.deleted;
import static slash32.agent.api.Replies.json;
import static slash32.agent.api.Replies.noSuch;
import static slash32.agent.api.Replies.page;
import static slash32.agent.api.Replies.problem;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.json.GroupJson;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.agent.status.GroupView;
import slash32.agent.status.StatusJson;
import slash32.agent.status.StatusText;
import slash32.netlink.netfilter.Counts;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// {@code /v1/groups} and below.
final class GroupPages {
    private final Control control;

    GroupPages(Control control) {
        this.control = control;
    }

    Response getAll(Request request) {
        List<GroupView> groups = control.snapshot().groups();
        return page(request, json -> StatusJson.groups(json, groups), () -> StatusText.groups(groups));
    }

    Response get(Request request) {
        GroupId id = groupId(request);
        GroupView view = control.group(id);
        return view == null ? noSuch("group", id) : group(request, 200, view);
    }

    Response counters(Request request) {
        GroupId id = groupId(request);
        GroupView view = control.group(id);
        if (view == null) {
            return noSuch("group", id);
        }
        try {
            Map<String, Counts> counters = control.counters(view.group());
            return page(request, json -> StatusJson.counters(json, counters), () -> StatusText.counters(counters));
        } catch (IOException e) {
            return problem(new Problem(503, "The kernel can't be asked", String.valueOf(e.getMessage()), null, null));
        }
    }

    Response put(Request request) throws MalformedJsonException, InterruptedException {
        GroupId id = groupId(request);
        SecurityGroup group = GroupJson.read(StrictJson.parse(request.body()), "", id);
        Outcome outcome = control.putGroup(group);
        if (outcome instanceof Outcome.Refused(Problem problem)) {
            return problem(problem);
        }
        GroupView view = control.group(id);
        return view == null
                ? problem(new Problem(409, "Removed meanwhile", "group " + id + " was removed", null, null))
                : group(request, outcome instanceof Outcome.Created ? 201 : 200, view);
    }

    Response delete(Request request) throws InterruptedException {
        return deleted(control.deleteGroup(groupId(request)));
    }

    private static Response group(Request request, int status, GroupView view) {
        return request.wantsText()
                ? Response.of(status, Response.TEXT, StatusText.groups(List.of(view)))
                : json(status, json -> StatusJson.group(json, view));
    }

    private static GroupId groupId(Request request) {
        String text = request.path().get(2);
        if (!text.matches("[0-9]{1,10}")) {
            throw new InvalidFieldException("id", "must be 1 to 4294967295, was '" + text + "'");
        }
        try {
            return new GroupId(Long.parseLong(text));
        } catch (IllegalArgumentException e) {
            throw new InvalidFieldException("id", "must be 1 to 4294967295, was " + text);
        }
    }
}
