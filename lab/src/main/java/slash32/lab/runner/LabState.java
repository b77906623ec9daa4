package slash32.lab.runner;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a lab has made on the host: everything that `down` has to take away, and nothing that it has to guess.
///
/// Written before a thing is made, so that a lab which was killed while it came up can be taken down. Shared by the
/// threads of one `up`; guarded by itself.
final class LabState {
    static final String FILE = "state.json";
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /// The file's content.
    ///
    /// @param topology the topology's file name
    /// @param digest of what the lab was made from
    /// @param namespaces names in `ip netns`, ours to delete
    /// @param hostDevices interfaces in the host's namespace
    /// @param outsideDevices interfaces in namespaces that aren't ours, as `NAMESPACE/DEVICE`
    /// @param complete `up` came to its end
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Content(
            String lab,
            String topology,
            String digest,
            Map<String, NodeState> nodes,
            List<String> namespaces,
            List<String> hostDevices,
            List<String> outsideDevices,
            @Nullable String managementBridge,
            boolean complete) {}

    /// A node as it was made.
    ///
    /// @param holder null until it runs
    /// @param first host's number of the first process of the node's namespaces
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record NodeState(
            String longName,
            String image,
            String kind,
            @Nullable HeldProcess holder,
            long first,
            long startedMillis,
            @Nullable String ipv4,
            @Nullable String ipv6,
            List<String> healthcheck,
            Map<String, String> environment,
            List<String> command) {
        NodeState heldBy(HeldProcess process, long firstPid) {
            return new NodeState(
                    longName,
                    image,
                    kind,
                    process,
                    firstPid,
                    startedMillis,
                    ipv4,
                    ipv6,
                    healthcheck,
                    environment,
                    command);
        }
    }

    private final Path folder;
    private final String lab;
    private final String topology;
    private final String digest;
    private final Map<String, NodeState> nodes;
    private final Set<String> namespaces;
    private final Set<String> hostDevices;
    private final Set<String> outsideDevices;
    private @Nullable String managementBridge;
    private boolean complete;

    private LabState(Path folder, Content content) {
        this.folder = folder;
        this.lab = content.lab();
        this.topology = content.topology();
        this.digest = content.digest();
        this.nodes = new LinkedHashMap<>(content.nodes());
        this.namespaces = new LinkedHashSet<>(content.namespaces());
        this.hostDevices = new LinkedHashSet<>(content.hostDevices());
        this.outsideDevices = new LinkedHashSet<>(content.outsideDevices());
        this.managementBridge = content.managementBridge();
        this.complete = content.complete();
    }

    /// Starts a lab's state, and writes it.
    static LabState create(Path folder, String lab, String topology, String digest) throws IOException {
        Files.createDirectories(folder);
        var state = new LabState(
                folder, new Content(lab, topology, digest, Map.of(), List.of(), List.of(), List.of(), null, false));
        state.write();
        return state;
    }

    /// The state in {@code folder}; null if there is none.
    static @Nullable LabState read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        return Files.exists(file) ? new LabState(folder, JSON.readValue(file.toFile(), Content.class)) : null;
    }

    /// The state of the lab that was made from this topology file, whatever the file says now; null if none is up.
    static @Nullable LabState of(Path topology) throws IOException {
        Path parent = topology.toAbsolutePath().resolveSibling("");
        try (Stream<Path> folders = Files.list(parent)) {
            for (Path folder : folders.filter(LabState::isLabFolder).sorted().toList()) {
                LabState state = read(folder);
                if (state != null && state.topology.equals(String.valueOf(topology.getFileName()))) {
                    return state;
                }
            }
        }
        return null;
    }

    private static boolean isLabFolder(Path folder) {
        return String.valueOf(folder.getFileName()).startsWith("clab-") && Files.isDirectory(folder);
    }

    Path folder() {
        return folder;
    }

    String lab() {
        return lab;
    }

    String topology() {
        return topology;
    }

    String digest() {
        return digest;
    }

    synchronized boolean isComplete() {
        return complete;
    }

    /// By name, in the order in which they were made.
    synchronized Map<String, NodeState> nodes() {
        return new LinkedHashMap<>(nodes);
    }

    synchronized List<String> namespaces() {
        return List.copyOf(namespaces);
    }

    synchronized List<String> hostDevices() {
        return List.copyOf(hostDevices);
    }

    synchronized List<String> outsideDevices() {
        return List.copyOf(outsideDevices);
    }

    synchronized @Nullable String managementBridge() {
        return managementBridge;
    }

    synchronized void putNode(String name, NodeState node) throws IOException {
        nodes.put(name, node);
        write();
    }

    synchronized void addNamespace(String name) throws IOException {
        namespaces.add(name);
        write();
    }

    synchronized void addHostDevice(String name) throws IOException {
        hostDevices.add(name);
        write();
    }

    synchronized void addOutsideDevice(String namespace, String name) throws IOException {
        outsideDevices.add(namespace + "/" + name);
        write();
    }

    synchronized void setManagementBridge(String name) throws IOException {
        managementBridge = name;
        write();
    }

    synchronized void setComplete() throws IOException {
        complete = true;
        write();
    }

    /// Whole or not at all.
    private synchronized void write() throws IOException {
        Path fresh = folder.resolve(FILE + ".new");
        JSON.writeValue(
                fresh.toFile(),
                new Content(
                        lab,
                        topology,
                        digest,
                        nodes,
                        List.copyOf(namespaces),
                        List.copyOf(hostDevices),
                        List.copyOf(outsideDevices),
                        managementBridge,
                        complete));
        Files.move(fresh, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    }
}
