package slash32.agent.dataplane;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.Progress;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.nft.Firewall;
import slash32.tap.DeviceAddress;
import slash32.tap.HostRoute;
import slash32.tap.TapSpec;
import slash32.tap.TapTable;

/// What of an endpoint is in force, read off the tables. Owned by thread {@code kernel}.
///
/// @param elsewhere addresses whose guests moved to other nodes
record Conditions(
        CountedTable<InterfaceName, TapSpec> taps,
        Firewall firewall,
        CountedTable<DeviceAddress, Integer> gatewayAddresses,
        CountedTable<DeviceAddress, MacAddress> neighbors,
        CountedTable<Prefix, HostRoute> hostRoutes,
        Set<Prefix> elsewhere) {

    Progress of(EndpointStage stage) {
        return new Progress(stage.spec, List.of(interfaceStep(stage), rulesStep(stage), routeStep(stage)));
    }

    boolean attachmentInForce(EndpointStage stage) {
        return stage.gatewayAddresses().stream().allMatch(gatewayAddresses.reconciler()::inForce)
                && stage.neighbors().stream().allMatch(neighbors.reconciler()::inForce);
    }

    private Progress.Step interfaceStep(EndpointStage stage) {
        InterfaceName device = stage.spec.device();
        String refused = taps.reconciler().failure(device);
        if (refused != null && TapTable.isWaiting(refused)) {
            return step(ConditionKind.INTERFACE_READY, ConditionState.WAITING, "DeviceMissing", refused);
        }
        var failures = new ArrayList<String>();
        add(failures, refused);
        stage.gatewayAddresses()
                .forEach(key -> add(failures, gatewayAddresses.reconciler().failure(key)));
        stage.neighbors().forEach(key -> add(failures, neighbors.reconciler().failure(key)));
        boolean holds = stage.attached && attachmentInForce(stage);
        return step(ConditionKind.INTERFACE_READY, holds, "Ready", failures);
    }

    private Progress.Step rulesStep(EndpointStage stage) {
        var failures = new ArrayList<String>();
        add(failures, firewall.failure(stage.spec.device()));
        return step(ConditionKind.RULES_ENFORCED, firewall.inForce(stage.spec.device()), "Enforced", failures);
    }

    private Progress.Step routeStep(EndpointStage stage) {
        var failures = new ArrayList<String>();
        stage.routes().forEach(prefix -> add(failures, hostRoutes.reconciler().failure(prefix)));
        List<Prefix> here = stage.routes().stream()
                .filter(prefix -> !elsewhere.contains(prefix))
                .toList();
        if (here.isEmpty()) {
            return step(ConditionKind.ROUTE_INSTALLED, ConditionState.FALSE, "Moved", "the guest is on another node");
        }
        if (stage.attached && !stage.routed && stage.isTarget()) {
            return step(
                    ConditionKind.ROUTE_INSTALLED,
                    ConditionState.WAITING,
                    "GuestAwaited",
                    "the guest has sent nothing here yet");
        }
        boolean holds = stage.routed && here.stream().allMatch(hostRoutes.reconciler()::inForce);
        return step(ConditionKind.ROUTE_INSTALLED, holds, "Installed", failures);
    }

    private static void add(List<String> failures, @Nullable String failure) {
        if (failure != null) {
            failures.add(failure);
        }
    }

    private static Progress.Step step(ConditionKind kind, boolean holds, String reason, List<String> failures) {
        if (holds) {
            return step(kind, ConditionState.TRUE, reason, "");
        }
        return failures.isEmpty()
                ? step(kind, ConditionState.FALSE, "Pending", "")
                : step(kind, ConditionState.FAILED, "Refused", String.join("; ", failures));
    }

    private static Progress.Step step(ConditionKind kind, ConditionState state, String reason, String message) {
        return new Progress.Step(kind, state, reason, message);
    }
}
