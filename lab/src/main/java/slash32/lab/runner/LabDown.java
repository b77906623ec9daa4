package slash32.lab.runner;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import slash32.lab.runner.LabState.NodeState;

/// Takes away what a lab's state says it made, and nothing else. What is gone already is no error.
final class LabDown {
    private final LabState state;

    LabDown(LabState state) {
        this.state = state;
    }

    /// @param keepLogs leaves the lab's folder with what the nodes wrote
    void run(boolean keepLogs) throws IOException {
        for (NodeState node : state.nodes().values()) {
            if (node.holder() != null) {
                node.holder().kill();
            }
        }
        for (String namespace : state.namespaces()) {
            if (Files.exists(Path.of("/run/netns", namespace))) {
                HostCommand.run("ip", "netns", "delete", namespace);
            }
        }
        for (String device : state.hostDevices()) {
            Devices.delete(null, device);
        }
        for (String outside : state.outsideDevices()) {
            int slash = outside.lastIndexOf('/');
            String namespace = outside.substring(0, slash);
            if (Files.exists(Path.of("/run/netns", namespace))) {
                Devices.delete(namespace, outside.substring(slash + 1));
            }
        }
        String bridge = state.managementBridge();
        if (bridge != null) {
            ManagementNetwork.release(bridge);
        }
        Files.delete(state.folder().resolve(LabState.FILE));
        if (!keepLogs) {
            Lab.deleteFolder(state.folder());
        }
    }
}
