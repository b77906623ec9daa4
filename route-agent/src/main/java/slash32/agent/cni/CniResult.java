package slash32.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import slash32.agent.json.StrictJson;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.tap.gateway.GatewayTerms;

/// What the plugin writes, as JSON.
final class CniResult {
    private static final int CONTAINERS_END = 1;

    private CniResult() {}

    static String added(
            CniConfig config,
            InterfaceName device,
            Path netns,
            InterfaceName ifname,
            MacAddress mac,
            List<Prefix> addresses,
            JsonNode dns) {
        List<Prefix> routes = config.routes(addresses);
        return StrictJson.text(json -> {
            json.writeStartObject();
            json.writeStringField("cniVersion", config.cniVersion());
            json.writeArrayFieldStart("interfaces");
            json.writeStartObject();
            json.writeStringField("name", device.value());
            json.writeStringField("mac", GatewayTerms.GATEWAY_MAC.toString());
            json.writeEndObject();
            json.writeStartObject();
            json.writeStringField("name", ifname.value());
            json.writeStringField("mac", mac.toString());
            json.writeStringField("sandbox", netns.toString());
            if (!config.cniVersion().equals("1.0.0")) {
                json.writeNumberField("mtu", config.mtuBytes());
            }
            json.writeEndObject();
            json.writeEndArray();
            json.writeArrayFieldStart("ips");
            for (Prefix address : addresses) {
                json.writeStartObject();
                json.writeStringField("address", address.toString());
                json.writeStringField("gateway", Sandbox.gateway(address).toString());
                json.writeNumberField("interface", CONTAINERS_END);
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeArrayFieldStart("routes");
            for (Prefix to : routes) {
                json.writeStartObject();
                json.writeStringField("dst", to.toString());
                json.writeStringField("gw", Sandbox.gateway(to).toString());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeFieldName("dns");
            json.writeRawValue(dns.isObject() ? dns.toString() : "{}");
            json.writeEndObject();
        });
    }

    static String versions(String asked) {
        return StrictJson.text(json -> {
            json.writeStartObject();
            json.writeStringField("cniVersion", asked);
            json.writeArrayFieldStart("supportedVersions");
            for (String version : CniConfig.SUPPORTED) {
                json.writeString(version);
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    static String error(String version, CniException why) {
        return StrictJson.text(json -> {
            json.writeStartObject();
            json.writeStringField("cniVersion", version);
            json.writeNumberField("code", why.code());
            json.writeStringField("msg", why.getMessage());
            json.writeStringField("details", why.details());
            json.writeEndObject();
        });
    }
}
