package slash32.agent.cni;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;

/// One call of a container runtime: its environment and its input to an answer and an exit code.
///
/// All that is made bears names that follow from network, container and interface, so there is no state of the
/// plugin's own.
public final class CniPlugin {
    private static final String LATEST = CniConfig.SUPPORTED.getLast();

    private final Map<String, String> variables;
    private final InputStream in;
    private final PrintWriter out;

    /// @param variables of the environment
    public CniPlugin(Map<String, String> variables, InputStream in, PrintWriter out) {
        this.variables = Map.copyOf(variables);
        this.in = in;
        this.out = out;
    }

    /// Does what it was called for.
    ///
    /// @return the exit code
    public int run() {
        String version = LATEST;
        try {
            CniEnvironment environment = CniEnvironment.of(variables);
            JsonNode raw = CniConfig.parse(in.readAllBytes());
            if (environment.command() == CniEnvironment.Command.VERSION) {
                out.println(CniResult.versions(raw.path("cniVersion").asText(LATEST)));
            } else {
                CniConfig config = CniConfig.of(raw);
                version = config.cniVersion();
                call(environment, config);
            }
            out.flush();
            return 0;
        } catch (CniException e) {
            return failed(version, e);
        } catch (IOException e) {
            return failed(
                    version, new CniException(CniException.IO_FAILURE, "input or output failed", String.valueOf(e)));
        }
    }

    private int failed(String version, CniException why) {
        out.println(CniResult.error(version, why));
        out.flush();
        return 1;
    }

    private void call(CniEnvironment environment, CniConfig config) throws IOException {
        var agent = new Agent(config.socket());
        Ipam ipam = config.ipam() == null ? null : Ipam.of(config.ipam(), environment, config);
        switch (environment.command()) {
            case ADD -> add(environment, config, agent, ipam);
            case DEL -> delete(environment, config, agent, ipam);
            case CHECK -> check(environment, config, agent, ipam);
            case GC -> collect(config, agent, ipam);
            case STATUS -> {
                agent.requireReady();
                delegate(ipam, CniEnvironment.Command.STATUS);
            }
            case VERSION -> throw new IllegalStateException("answered before");
        }
    }

    private static Attachment attachment(CniEnvironment environment, CniConfig config) {
        return new Attachment(
                config.name(), environment.containerId(), ifname(environment).value());
    }

    private static InterfaceName ifname(CniEnvironment environment) {
        return Objects.requireNonNull(environment.ifname(), "checked with the environment");
    }

    private static Path netns(CniEnvironment environment) {
        return Objects.requireNonNull(environment.netns(), "checked with the environment");
    }

    private static void delegate(@Nullable Ipam ipam, CniEnvironment.Command command) throws CniException {
        if (ipam != null) {
            ipam.run(command);
        }
    }

    private void add(CniEnvironment environment, CniConfig config, Agent agent, @Nullable Ipam ipam)
            throws IOException {
        Attachment attachment = attachment(environment, config);
        MacAddress mac = Objects.requireNonNullElse(config.mac(), attachment.mac());
        List<Prefix> addresses = config.ips();
        JsonNode dns = config.raw().path("dns");
        if (ipam == null && addresses.isEmpty()) {
            throw new CniException(
                    CniException.INVALID_CONFIG, "no addresses", "neither by an ipam plugin nor by runtimeConfig.ips");
        }
        if (Sandbox.exists(attachment.device())) {
            throw new CniException(
                    CniException.ALREADY_ADDED,
                    "the container has this interface already",
                    attachment.device() + " is there");
        }
        try {
            if (ipam != null) {
                Ipam.Given given = ipam.add();
                addresses = given.addresses();
                dns = given.dns().isObject() ? given.dns() : dns;
            }
            Sandbox.create(attachment, netns(environment), mac, config.mtuBytes(), addresses, config.routes(addresses));
            agent.put(attachment, config, mac, addresses);
        } catch (IOException e) {
            undo(attachment, agent, ipam, e);
            throw e;
        }
        out.println(CniResult.added(
                config, attachment.device(), netns(environment), ifname(environment), mac, addresses, dns));
    }

    /// The runtime calls DEL after a failed ADD, but need not.
    private static void undo(Attachment attachment, Agent agent, @Nullable Ipam ipam, IOException why) {
        try {
            remove(attachment, agent, ipam);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private static void delete(CniEnvironment environment, CniConfig config, Agent agent, @Nullable Ipam ipam)
            throws IOException {
        remove(attachment(environment, config), agent, ipam);
    }

    /// An agent that does not answer hears of the interface's end by the kernel, and is told again by the next DEL.
    private static void remove(Attachment attachment, Agent agent, @Nullable Ipam ipam) throws IOException {
        try {
            agent.delete(attachment.endpointId());
        } finally {
            Sandbox.delete(attachment.device());
        }
        delegate(ipam, CniEnvironment.Command.DEL);
    }

    private static void check(CniEnvironment environment, CniConfig config, Agent agent, @Nullable Ipam ipam)
            throws IOException {
        JsonNode added = config.raw().path("prevResult");
        if (!added.isObject()) {
            throw new CniException(CniException.INVALID_CONFIG, "prevResult is missing", "");
        }
        List<String> amiss = agent.unmet(attachment(environment, config));
        if (amiss.isEmpty()) {
            amiss = Sandbox.missing(
                    netns(environment),
                    ifname(environment),
                    mac(environment, added),
                    addresses(environment, added),
                    routes(added));
        }
        if (!amiss.isEmpty()) {
            throw new CniException(
                    CniException.NOT_AS_ADDED, "the container's network is not as added", String.join("; ", amiss));
        }
        delegate(ipam, CniEnvironment.Command.CHECK);
    }

    private static int indexOfInterface(CniEnvironment environment, JsonNode added) throws CniException {
        JsonNode interfaces = added.path("interfaces");
        for (int i = 0; i < interfaces.size(); i++) {
            if (interfaces
                            .get(i)
                            .path("name")
                            .asText()
                            .equals(ifname(environment).value())
                    && interfaces.get(i).hasNonNull("sandbox")) {
                return i;
            }
        }
        throw new CniException(CniException.INVALID_CONFIG, "prevResult has no interface " + environment.ifname(), "");
    }

    private static MacAddress mac(CniEnvironment environment, JsonNode added) throws CniException {
        String mac = added.path("interfaces")
                .get(indexOfInterface(environment, added))
                .path("mac")
                .asText();
        try {
            return MacAddress.parse(mac);
        } catch (IllegalArgumentException e) {
            throw malformed(e);
        }
    }

    private static CniException malformed(IllegalArgumentException e) {
        return new CniException(CniException.INVALID_CONFIG, "prevResult is malformed", String.valueOf(e.getMessage()));
    }

    private static Set<IpAddress> addresses(CniEnvironment environment, JsonNode added) throws CniException {
        int own = indexOfInterface(environment, added);
        var addresses = new HashSet<IpAddress>();
        try {
            for (JsonNode ip : added.path("ips")) {
                if (ip.path("interface").asInt(own) == own) {
                    addresses.add(Ipam.host(ip.path("address").asText()).address());
                }
            }
        } catch (IllegalArgumentException e) {
            throw malformed(e);
        }
        return addresses;
    }

    /// Those by our gateway; a plugin behind us may have added others.
    private static Set<Prefix> routes(JsonNode added) throws CniException {
        var routes = new HashSet<Prefix>();
        try {
            for (JsonNode route : added.path("routes")) {
                Prefix to = Prefix.parse(route.path("dst").asText());
                if (route.path("gw").asText().equals(Sandbox.gateway(to).toString())) {
                    routes.add(to);
                }
            }
        } catch (IllegalArgumentException e) {
            throw malformed(e);
        }
        return routes;
    }

    private static void collect(CniConfig config, Agent agent, @Nullable Ipam ipam) throws IOException {
        Set<String> valid = config.validAttachments().stream()
                .map(each -> new Attachment(config.name(), each.containerId(), each.ifname()).endpointId())
                .collect(Collectors.toSet());
        for (Agent.Known known : agent.of(config.name())) {
            if (!valid.contains(known.endpointId())) {
                agent.delete(known.endpointId());
                Sandbox.delete(new InterfaceName(known.device()));
            }
        }
        delegate(ipam, CniEnvironment.Command.GC);
    }
}
