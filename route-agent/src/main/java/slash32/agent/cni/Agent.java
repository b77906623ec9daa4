package slash32.agent.cni;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.ApiClient;
import slash32.agent.json.StrictJson;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.GroupId;

/// The agent of this host, as the plugin needs it. What it answers beside success becomes an error of CNI.
final class Agent {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final Path socket;

    Agent(Path socket) {
        this.socket = socket;
    }

    /// States the endpoint and waits until other nodes were told of it.
    void put(Attachment attachment, CniConfig config, MacAddress mac, List<Prefix> addresses) throws CniException {
        String body = StrictJson.text(json -> {
            json.writeStartObject();
            json.writeStringField("device", attachment.device().value());
            json.writeStringField("mode", "adopt");
            json.writeStringField("deviceKind", "any");
            json.writeStringField("mac", mac.toString());
            json.writeArrayFieldStart("addresses");
            for (Prefix address : addresses) {
                json.writeString(address.address().toString());
            }
            json.writeEndArray();
            json.writeArrayFieldStart("groups");
            for (GroupId group : config.groups()) {
                json.writeNumber(group.number());
            }
            json.writeEndArray();
            json.writeBooleanField("portSecurity", config.portSecurity());
            json.writeNumberField("mtuBytes", config.mtuBytes());
            json.writeObjectFieldStart("guest");
            json.writeBooleanField("dhcp", false);
            json.writeStringField("ipv6", "static");
            json.writeEndObject();
            json.writeEndObject();
        });
        send("PUT", "/v1/endpoints/" + attachment.endpointId() + "?wait=advertised&timeout=10s", body);
    }

    void delete(String endpointId) throws CniException {
        send("DELETE", "/v1/endpoints/" + endpointId, null);
    }

    /// Which conditions of the endpoint don't hold, each with its reason.
    List<String> unmet(Attachment attachment) throws CniException {
        var unmet = new ArrayList<String>();
        JsonNode endpoint = send("GET", "/v1/endpoints/" + attachment.endpointId(), null);
        for (JsonNode condition : endpoint.path("conditions")) {
            if (!condition.path("state").asText().equals("True")) {
                unmet.add(condition.path("condition").asText() + " is "
                        + condition.path("state").asText() + ": "
                        + condition.path("message").asText());
            }
        }
        return unmet;
    }

    /// The endpoints of a network with the interfaces that they have on this host.
    List<Known> of(String network) throws CniException {
        var known = new ArrayList<Known>();
        for (JsonNode endpoint : send("GET", "/v1/endpoints", null).path("endpoints")) {
            String id = endpoint.path("spec").path("id").asText();
            if (id.startsWith(Attachment.idPrefix(network))) {
                known.add(new Known(id, endpoint.path("spec").path("device").asText()));
            }
        }
        return known;
    }

    record Known(String endpointId, String device) {}

    /// @throws CniException with code 50 if the agent would take no endpoint now
    void requireReady() throws CniException {
        try {
            send("GET", "/v1/readyz", null);
        } catch (CniException e) {
            throw new CniException(CniException.NOT_AVAILABLE, String.valueOf(e.getMessage()), e.details());
        }
    }

    private JsonNode send(String method, String target, @Nullable String body) throws CniException {
        ApiClient.Reply reply;
        try (var client = ApiClient.connect(socket, TIMEOUT)) {
            reply = client.send(method, target, body);
        } catch (IOException e) {
            throw new CniException(
                    CniException.TRY_AGAIN_LATER, "the slash32 agent does not answer", String.valueOf(e.getMessage()));
        }
        JsonNode answer = CniConfig.parse((reply.body().isBlank() ? "{}" : reply.body()).getBytes(UTF_8));
        if (!reply.isSuccess()) {
            int code = switch (reply.status()) {
                case 404 -> CniException.UNKNOWN_CONTAINER;
                case 400, 409, 413, 422 -> CniException.INVALID_CONFIG;
                default -> CniException.TRY_AGAIN_LATER;
            };
            String field = answer.path("field").asText();
            String detail = answer.path("detail").asText();
            throw new CniException(
                    code,
                    "the slash32 agent answered " + reply.status() + " "
                            + answer.path("title").asText(),
                    String.join(
                            ": ",
                            Stream.of(field, detail)
                                    .filter(text -> !text.isEmpty())
                                    .toList()));
        }
        return answer;
    }
}
