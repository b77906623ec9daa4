package slash32.agent.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Rate;
import slash32.securitygroup.RateLimit;

/// An endpoint's {@link RateLimit} for each direction as JSON.
final class RateLimitJson {
    private RateLimitJson() {}

    static Map<Direction, RateLimit> read(JsonNode node, String path) {
        Fields fields = Fields.of(path, node);
        var limits = new EnumMap<Direction, RateLimit>(Direction.class);
        for (Direction direction : Direction.values()) {
            RateLimit limit = fields.objectOrNull(direction.toString(), RateLimitJson::limit);
            if (limit != null) {
                limits.put(direction, limit);
            }
        }
        fields.end();
        return limits;
    }

    private static RateLimit limit(JsonNode node, String path) {
        Fields fields = Fields.of(path, node);
        Rate packets = rate(fields, "packetsPerSecond", "packetBurst");
        Rate connections = rate(fields, "connectionsPerSecond", "connectionBurst");
        fields.end();
        return fields.make(() -> new RateLimit(packets, connections));
    }

    /// A burst that is not stated is what passes in a second.
    private static @Nullable Rate rate(Fields fields, String perSecond, String burst) {
        Integer rate = fields.intOrNull(perSecond, 1, Rate.MAX);
        Integer atOnce = fields.intOrNull(burst, 1, Rate.MAX);
        if (rate == null) {
            if (atOnce != null) {
                throw fields.refusal(burst, "needs " + perSecond);
            }
            return null;
        }
        return new Rate(rate, atOnce == null ? rate : atOnce);
    }

    static void write(JsonGenerator json, Map<Direction, RateLimit> limits) throws IOException {
        json.writeStartObject();
        for (Direction direction : Direction.values()) {
            RateLimit limit = limits.get(direction);
            if (limit != null) {
                json.writeObjectFieldStart(direction.toString());
                write(json, "packetsPerSecond", "packetBurst", limit.packets());
                write(json, "connectionsPerSecond", "connectionBurst", limit.connections());
                json.writeEndObject();
            }
        }
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, String perSecond, String burst, @Nullable Rate rate)
            throws IOException {
        if (rate != null) {
            json.writeNumberField(perSecond, rate.perSecond());
            json.writeNumberField(burst, rate.burst());
        }
    }
}
