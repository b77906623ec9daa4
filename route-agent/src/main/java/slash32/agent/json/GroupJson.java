package slash32.agent.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.InvalidFieldException;
import slash32.net.Prefix;
import slash32.securitygroup.AddressRange;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;

/// A {@link SecurityGroup} as JSON, with a rule's fields as in Neutron's API, in camel case.
public final class GroupJson {
    public static final long MAX_ID = 0xffff_ffffL;
    private static final int MAX_PORT = 65_535;

    private GroupJson() {}

    /// Reads a group.
    ///
    /// @param path of {@code node} in the document; empty for its root
    /// @param id what the field {@code id} must be if it is there; null if it must be there
    /// @throws InvalidFieldException naming the field from the document's root
    public static SecurityGroup read(JsonNode node, String path, @Nullable GroupId id) {
        Fields fields = Fields.of(path, node);
        long stated = id == null ? fields.number("id", 1, MAX_ID) : fields.number("id", 1, MAX_ID, id.number());
        String name = Objects.requireNonNullElse(fields.textOrNull("name"), "");
        boolean stateful = fields.flag("stateful", true);
        List<Prefix> addresses = fields.values("addresses", AddressRange::parse).stream()
                .flatMap(List::stream)
                .toList();
        List<Rule> rules = fields.list("rules", (rule, at) -> rule(Fields.of(at, rule)));
        fields.end();
        if (id != null && stated != id.number()) {
            throw new InvalidFieldException("id", "must be " + id + " as in the path, was " + stated);
        }
        return fields.make(() -> new SecurityGroup(new GroupId(stated), name, stateful, addresses, rules));
    }

    private static Rule rule(Fields fields) {
        String id = fields.text("id");
        Direction direction = fields.value("direction", Direction::parse);
        EtherType etherType =
                Objects.requireNonNullElse(fields.valueOrNull("ethertype", EtherType::parse), EtherType.IPV4);
        String protocol = fields.textOrNull("protocol");
        Integer portRangeMin = fields.intOrNull("portRangeMin", 0, MAX_PORT);
        Integer portRangeMax = fields.intOrNull("portRangeMax", 0, MAX_PORT);
        Prefix prefix = fields.valueOrNull("remoteIpPrefix", Prefix::parse);
        Long group = fields.numberOrNull("remoteGroupId", 1, MAX_ID);
        fields.end();
        if (prefix != null && group != null) {
            throw fields.refusal("remoteGroupId", "can't be given together with remoteIpPrefix");
        }
        return fields.make(() -> new Rule(
                id,
                direction,
                etherType,
                Traffic.of(etherType, protocol, portRangeMin, portRangeMax),
                remote(prefix, group)));
    }

    private static Remote remote(@Nullable Prefix prefix, @Nullable Long group) {
        if (prefix != null) {
            return new Remote.Addresses(prefix);
        }
        return group == null ? new Remote.Anywhere() : new Remote.Members(new GroupId(group));
    }

    /// Writes every field that {@link #read} knows and that isn't absent.
    public static void write(JsonGenerator json, SecurityGroup group) throws IOException {
        json.writeStartObject();
        json.writeNumberField("id", group.id().number());
        json.writeStringField("name", group.name());
        json.writeBooleanField("stateful", group.stateful());
        json.writeArrayFieldStart("addresses");
        for (Prefix prefix : group.addresses()) {
            json.writeString(prefix.toString());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("rules");
        for (Rule rule : group.rules()) {
            write(json, rule);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, Rule rule) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", rule.id());
        json.writeStringField("direction", rule.direction().toString());
        json.writeStringField("ethertype", rule.etherType().toString());
        switch (rule.traffic()) {
            case Traffic.Any() -> {}
            case Traffic.OfProtocol(var protocol) -> json.writeStringField("protocol", name(protocol));
            case Traffic.Ports(var protocol, int min, int max) -> {
                json.writeStringField("protocol", name(protocol));
                json.writeNumberField("portRangeMin", min);
                json.writeNumberField("portRangeMax", max);
            }
            case Traffic.Icmp(var protocol, int type, var code) -> {
                json.writeStringField("protocol", name(protocol));
                json.writeNumberField("portRangeMin", type);
                if (code != null) {
                    json.writeNumberField("portRangeMax", code);
                }
            }
        }
        switch (rule.remote()) {
            case Remote.Anywhere() -> {}
            case Remote.Addresses(var prefix) -> json.writeStringField("remoteIpPrefix", prefix.toString());
            case Remote.Members(var group) -> json.writeNumberField("remoteGroupId", group.number());
        }
        json.writeEndObject();
    }

    private static String name(IpProtocol protocol) {
        return switch (protocol.number()) {
            case 1 -> "icmp";
            case 6 -> "tcp";
            case 17 -> "udp";
            case 58 -> "ipv6-icmp";
            case 132 -> "sctp";
            default -> protocol.toString();
        };
    }
}
