package slash32.agent.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.tap.gateway.GuestSettings;
import slash32.tap.gateway.Ipv6Assignment;

/// {@link GuestSettings} as JSON: the fields are its components, and their defaults are those of
/// {@link GuestSettings#DEFAULT}.
final class GuestJson {
    private GuestJson() {}

    static GuestSettings read(JsonNode node, String path) {
        GuestSettings otherwise = GuestSettings.DEFAULT;
        Fields fields = Fields.of(path, node);
        boolean dhcp = fields.flag("dhcp", otherwise.dhcp());
        String hostname = fields.textOrNull("hostname");
        String domain = fields.textOrNull("domain");
        List<IpAddress> dns = fields.values("dns", IpAddress::parse);
        List<Prefix> subnets = fields.values("subnets", Prefix::parse);
        List<Prefix> routes = fields.values("routes", Prefix::parse);
        boolean defaultRoute = fields.flag("defaultRoute", otherwise.defaultRoute());
        long leaseSeconds = fields.number(
                "leaseSeconds",
                GuestSettings.LEASE_SHORTEST_SECONDS,
                GuestSettings.LEASE_FOREVER,
                otherwise.leaseSeconds());
        var ipv6 = fields.constant("ipv6", Ipv6Assignment.class, otherwise.ipv6());
        fields.end();
        return fields.make(() ->
                new GuestSettings(dhcp, hostname, domain, dns, subnets, routes, defaultRoute, leaseSeconds, ipv6));
    }

    static void write(JsonGenerator json, GuestSettings guest) throws IOException {
        json.writeStartObject();
        json.writeBooleanField("dhcp", guest.dhcp());
        if (guest.hostname() != null) {
            json.writeStringField("hostname", guest.hostname());
        }
        if (guest.domain() != null) {
            json.writeStringField("domain", guest.domain());
        }
        writeAll(json, "dns", guest.dns());
        writeAll(json, "subnets", guest.subnets());
        writeAll(json, "routes", guest.routes());
        json.writeBooleanField("defaultRoute", guest.defaultRoute());
        json.writeNumberField("leaseSeconds", guest.leaseSeconds());
        json.writeStringField("ipv6", Fields.lowerCase(guest.ipv6()));
        json.writeEndObject();
    }

    private static void writeAll(JsonGenerator json, String field, List<?> values) throws IOException {
        json.writeArrayFieldStart(field);
        for (Object value : values) {
            json.writeString(value.toString());
        }
        json.writeEndArray();
    }
}
