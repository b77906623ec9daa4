package slash32.agent.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.TreeMap;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.intent.StaticFile;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.Fields;
import slash32.agent.json.GroupJson;
import slash32.agent.json.SegmentJson;
import slash32.agent.json.StaticFileJson;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// Desired state while it is read: the state file, and then each change of the journal that came after it.
final class Recovery {
    /// Of the state files before there was a journal: one that a journal from the very beginning has not.
    private static final long FORMAT_1_SEQUENCE = 1;

    private final TreeMap<EndpointId, EndpointSpec> endpoints = new TreeMap<>();
    private final TreeMap<GroupId, SecurityGroup> groups = new TreeMap<>();
    private final TreeMap<SegmentId, SegmentSpec> segments = new TreeMap<>();
    private final TreeMap<String, StaticFile> files = new TreeMap<>();
    private long sequence;

    long sequence() {
        return sequence;
    }

    List<EndpointSpec> endpoints() {
        return List.copyOf(endpoints.values());
    }

    List<SecurityGroup> groups() {
        return List.copyOf(groups.values());
    }

    List<SegmentSpec> segments() {
        return List.copyOf(segments.values());
    }

    List<StaticFile> files() {
        return List.copyOf(files.values());
    }

    void state(StateFile.Content content) {
        Fields fields = Fields.of("", content.state());
        boolean first = content.format() == 1;
        sequence = first ? FORMAT_1_SEQUENCE : fields.number("sequence", 0, Long.MAX_VALUE);
        fields.requiredList("endpoints", Recovery::endpoint).forEach(spec -> endpoints.put(spec.id(), spec));
        fields.requiredList("groups", Recovery::group).forEach(group -> groups.put(group.id(), group));
        fields.list("segments", Recovery::segment).forEach(segment -> segments.put(segment.id(), segment));
        if (!first) {
            fields.requiredList("files", Recovery::file).forEach(file -> files.put(file.name(), file));
        }
        fields.end();
    }

    /// Takes the changes that the state has not.
    void changes(List<JsonNode> changes) throws DamagedException {
        long before = -1;
        for (JsonNode change : changes) {
            Fields fields = Fields.of("", change);
            long number = fields.number("sequence", 1, Long.MAX_VALUE);
            if (before >= 0 && number != before + 1) {
                throw new DamagedException("change " + number + " comes after change " + before);
            }
            if (number > sequence + 1) {
                throw new DamagedException("it begins with change " + number + ", the state ends with " + sequence);
            }
            before = number;
            if (number > sequence) {
                change(fields);
                fields.end();
                sequence = number;
            }
        }
    }

    private void change(Fields fields) {
        String kind = fields.text("kind");
        switch (kind) {
            case "endpoint" -> {
                EndpointSpec spec = fields.requiredObject("value", Recovery::endpoint);
                endpoints.put(spec.id(), spec);
            }
            case "no-endpoint" -> endpoints.remove(fields.value("value", EndpointId::new));
            case "endpoints" -> {
                List<EndpointSpec> all = fields.requiredList("value", Recovery::endpoint);
                endpoints.clear();
                all.forEach(spec -> endpoints.put(spec.id(), spec));
            }
            case "group" -> {
                SecurityGroup group = fields.requiredObject("value", Recovery::group);
                groups.put(group.id(), group);
            }
            case "no-group" -> groups.remove(new GroupId(fields.number("value", 1, GroupJson.MAX_ID)));
            case "segment" -> {
                SegmentSpec segment = fields.requiredObject("value", Recovery::segment);
                segments.put(segment.id(), segment);
            }
            case "no-segment" -> segments.remove(fields.value("value", SegmentId::new));
            case "file" -> {
                StaticFile file = fields.requiredObject("value", Recovery::file);
                files.put(file.name(), file);
            }
            case "no-file" -> files.remove(fields.text("value"));
            default -> throw new InvalidFieldException("kind", "unknown: '" + kind + "'");
        }
    }

    private static EndpointSpec endpoint(JsonNode node, String path) {
        return EndpointJson.read(node, path, null);
    }

    private static SecurityGroup group(JsonNode node, String path) {
        return GroupJson.read(node, path, null);
    }

    private static SegmentSpec segment(JsonNode node, String path) {
        return SegmentJson.read(node, path, null);
    }

    private static StaticFile file(JsonNode node, String path) {
        Fields fields = Fields.of(path, node);
        String name = fields.text("name");
        StaticFile file = fields.requiredObject("content", (content, at) -> StaticFileJson.read(content, at, name));
        fields.end();
        return file;
    }
}
