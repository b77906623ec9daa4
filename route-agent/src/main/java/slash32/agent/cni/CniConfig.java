package slash32.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.AgentConfig;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.json.Fields;
import slash32.agent.json.GroupJson;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.net.Bytes;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.GroupId;

/// A network's configuration as the runtime hands it in.
///
/// @param groups the security groups of its containers
/// @param routes what the gateway leads to; empty for everything
/// @param ipam the plugin that gives addresses; null to take those of {@code runtimeConfig.ips}
/// @param ips addresses that the runtime gives
/// @param mac that the runtime gives; null to make one
/// @param raw all of it, for the plugin that gives addresses
record CniConfig(
        String cniVersion,
        String name,
        Path socket,
        List<GroupId> groups,
        boolean portSecurity,
        int mtuBytes,
        List<Prefix> routes,
        @Nullable String ipam,
        List<Prefix> ips,
        @Nullable MacAddress mac,
        JsonNode raw) {
    static final List<String> SUPPORTED = List.of("1.0.0", "1.1.0");
    private static final Prefix ALL_IPV4 = Prefix.parse("0.0.0.0/0");
    private static final Prefix ALL_IPV6 = Prefix.parse("::/0");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");

    CniConfig {
        groups = List.copyOf(groups);
        routes = List.copyOf(routes);
        ips = List.copyOf(ips);
    }

    /// An interface in a container, which the runtime says is still there.
    record Valid(String containerId, String ifname) {}

    /// What the runtime passes for a capability that the configuration claims.
    private record FromRuntime(List<Prefix> ips, @Nullable MacAddress mac) {
        static final FromRuntime NONE = new FromRuntime(List.of(), null);

        static FromRuntime read(JsonNode node, String at) {
            Fields fields = Fields.of(at, node);
            return new FromRuntime(fields.values("ips", Ipam::host), fields.valueOrNull("mac", MacAddress::parse));
        }
    }

    static JsonNode parse(byte[] text) throws CniException {
        try {
            return StrictJson.parse(Bytes.copyOf(text));
        } catch (MalformedJsonException e) {
            throw new CniException(
                    CniException.UNDECODABLE, "the network configuration is not JSON", String.valueOf(e.getMessage()));
        }
    }

    static CniConfig of(JsonNode raw) throws CniException {
        String version = raw.path("cniVersion").asText();
        if (!SUPPORTED.contains(version)) {
            throw new CniException(
                    CniException.INCOMPATIBLE_VERSION,
                    "cniVersion '" + version + "' is not supported",
                    "supported are " + String.join(", ", SUPPORTED));
        }
        try {
            return read(raw, version);
        } catch (InvalidFieldException e) {
            throw new CniException(
                    CniException.INVALID_CONFIG, "invalid network configuration", String.valueOf(e.getMessage()));
        }
    }

    private static CniConfig read(JsonNode raw, String version) {
        Fields fields = Fields.of("", raw);
        FromRuntime runtime = fields.object("runtimeConfig", FromRuntime::read, FromRuntime.NONE);
        String name = fields.value("name", CniConfig::checkedName);
        return new CniConfig(
                version,
                name,
                Path.of(raw.path("socket").asText(AgentConfig.DEFAULT_API_SOCKET.toString())),
                fields.numbers("groups", 1, GroupJson.MAX_ID, GroupId::new),
                fields.flag("portSecurity", true),
                (int) fields.number("mtu", 68, 65_521, EndpointSpec.DEFAULT_MTU_BYTES),
                fields.values("routes", Prefix::parse),
                fields.objectOrNull("ipam", (node, at) -> Fields.of(at, node).text("type")),
                runtime.ips,
                runtime.mac,
                raw);
    }

    private static String checkedName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("must be letters, digits, '_', '.' and '-', was '" + name + "'");
        }
        return name;
    }

    /// What leads to the gateway from an interface with these addresses.
    List<Prefix> routes(List<Prefix> addresses) {
        boolean ipv4 = addresses.stream().anyMatch(Prefix::isIpv4);
        boolean ipv6 = !addresses.stream().allMatch(Prefix::isIpv4);
        return (routes.isEmpty() ? List.of(ALL_IPV4, ALL_IPV6) : routes)
                .stream().filter(to -> to.isIpv4() ? ipv4 : ipv6).toList();
    }

    /// What the runtime says is still there; everything else of this network may go.
    List<Valid> validAttachments() throws CniException {
        try {
            return Fields.of("", raw).list("cni.dev/valid-attachments", (node, at) -> {
                Fields fields = Fields.of(at, node);
                return new Valid(fields.text("containerID"), fields.text("ifname"));
            });
        } catch (InvalidFieldException e) {
            throw new CniException(
                    CniException.INVALID_CONFIG, "invalid network configuration", String.valueOf(e.getMessage()));
        }
    }
}
