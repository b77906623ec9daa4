package slash32.agent.metadata;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.MetadataSpec;
import slash32.agent.json.StrictJson;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// What one endpoint's metadata look like at each path.
final class MetadataPages {
    private static final String ITEMS = "hostname\ninstance-id\nlocal-hostname\nlocal-ipv4\nmac\npublic-keys/\n";

    private final EndpointSpec endpoint;
    private final MetadataSpec metadata;

    MetadataPages(EndpointSpec endpoint, MetadataSpec metadata) {
        this.endpoint = endpoint;
        this.metadata = metadata;
    }

    /// The page at {@code path}, whose empty last segment is a slash at its end; null if there is none.
    @Nullable
    String page(List<String> path) {
        List<String> segments = path.getLast().isEmpty() ? path.subList(0, path.size() - 1) : path;
        if (segments.isEmpty()) {
            return "latest/\nopenstack/\n";
        }
        List<String> rest = segments.subList(1, segments.size());
        return switch (segments.getFirst()) {
            case "meta-data" -> rest.isEmpty() ? noCloud() : null;
            case "user-data" -> rest.isEmpty() ? userData() : null;
            case "vendor-data" -> rest.isEmpty() ? "" : null;
            case "openstack" -> openStack(rest);
            default -> isVersion(segments.getFirst()) ? ec2(rest) : null;
        };
    }

    private static boolean isVersion(String segment) {
        return segment.equals("latest") || segment.matches("\\d{4}-\\d{2}-\\d{2}");
    }

    private String userData() {
        return Objects.requireNonNullElse(metadata.userData(), "");
    }

    private String hostname() {
        return Objects.requireNonNullElse(
                endpoint.guest().hostname(), endpoint.id().value());
    }

    private String fullName() {
        String domain = endpoint.guest().domain();
        return domain == null ? hostname() : hostname() + "." + domain;
    }

    /// YAML as the data source NoCloud reads it; JSON is YAML.
    private String noCloud() {
        return object(json -> {
            json.writeStringField("instance-id", metadata.instanceId());
            json.writeStringField("local-hostname", hostname());
            json.writeArrayFieldStart("public-keys");
            for (String key : metadata.publicKeys()) {
                json.writeString(key);
            }
            json.writeEndArray();
        });
    }

    private @Nullable String ec2(List<String> path) {
        if (path.isEmpty()) {
            return "meta-data/\nuser-data\n";
        }
        List<String> rest = path.subList(1, path.size());
        return switch (path.getFirst()) {
            case "user-data" -> rest.isEmpty() ? metadata.userData() : null;
            case "meta-data" -> rest.isEmpty() ? ITEMS : item(rest);
            default -> null;
        };
    }

    private @Nullable String item(List<String> path) {
        if (path.getFirst().equals("public-keys")) {
            return publicKeys(path.subList(1, path.size()));
        }
        return path.size() > 1
                ? null
                : switch (path.getFirst()) {
                    case "instance-id" -> metadata.instanceId();
                    case "hostname" -> fullName();
                    case "local-hostname" -> hostname();
                    case "mac" -> endpoint.mac().toString();
                    case "local-ipv4" ->
                        endpoint.addresses().stream()
                                .map(Prefix::address)
                                .filter(IpAddress::isIpv4)
                                .map(IpAddress::toString)
                                .findFirst()
                                .orElse(null);
                    default -> null;
                };
    }

    /// `0=key-0` for each, then `0/openssh-key`.
    private @Nullable String publicKeys(List<String> path) {
        List<String> keys = metadata.publicKeys();
        if (path.isEmpty()) {
            var list = new StringBuilder();
            for (int i = 0; i < keys.size(); i++) {
                list.append(i).append("=key-").append(i).append('\n');
            }
            return list.toString();
        }
        String index = path.getFirst();
        boolean known = index.matches("\\d{1,2}") && Integer.parseInt(index) < keys.size();
        if (!known) {
            return null;
        }
        if (path.size() == 1) {
            return "openssh-key\n";
        }
        return path.size() == 2 && path.getLast().equals("openssh-key") ? keys.get(Integer.parseInt(index)) : null;
    }

    private @Nullable String openStack(List<String> path) {
        if (path.isEmpty()) {
            return "latest\n";
        }
        if (!isVersion(path.getFirst())) {
            return null;
        }
        return switch (String.join("/", path.subList(1, path.size()))) {
            case "" -> "meta_data.json\nuser_data\nvendor_data.json\n";
            case "meta_data.json" ->
                object(json -> {
                    json.writeStringField("uuid", metadata.instanceId());
                    json.writeStringField("hostname", fullName());
                    json.writeStringField("name", hostname());
                    json.writeObjectFieldStart("public_keys");
                    for (int i = 0; i < metadata.publicKeys().size(); i++) {
                        json.writeStringField("key-" + i, metadata.publicKeys().get(i));
                    }
                    json.writeEndObject();
                });
            case "user_data" -> metadata.userData();
            case "vendor_data.json" -> "{}";
            default -> null;
        };
    }

    private interface ObjectFields {
        void write(JsonGenerator json) throws IOException;
    }

    private static String object(ObjectFields fields) {
        return StrictJson.text(json -> {
            json.writeStartObject();
            fields.write(json);
            json.writeEndObject();
        });
    }
}
