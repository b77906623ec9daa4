package slash32.agent.dataplane;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.DeviceKind;
import slash32.agent.intent.EndpointRole;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.Progress;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.tap.DeviceAddress;
import slash32.tap.GatewayAddressTable;
import slash32.tap.TapOrigin;

/// How far an endpoint is in the kernel, and what was reported of it last.
final class EndpointStage {
    final EndpointSpec spec;
    /// Gateway addresses and neighbours are stated.
    boolean attached;
    /// The link by which the guest of a migration target was seen; null for one that was not.
    @Nullable
    InterfaceIndex arrivedBy;

    /// Host routes are stated.
    boolean routed;

    @Nullable
    Progress reported;

    EndpointStage(EndpointSpec spec) {
        this.spec = spec;
    }

    boolean isTarget() {
        return spec.role() == EndpointRole.MIGRATION_TARGET;
    }

    /// True of a guest that was not seen behind {@code link} and has to be before packets to it come here.
    boolean isAwaited(@Nullable InterfaceIndex link) {
        return isTarget() && (arrivedBy == null || !arrivedBy.equals(link));
    }

    /// The gateway's addresses on its interface, and the metadata service's for an endpoint that has metadata: IPv6
    /// only for an endpoint that has IPv6.
    List<DeviceAddress> gatewayAddresses() {
        return gatewayAddresses(spec);
    }

    static List<DeviceAddress> gatewayAddresses(EndpointSpec spec) {
        boolean ipv6 = spec.addresses().stream().anyMatch(prefix -> !prefix.isIpv4());
        var keys = new ArrayList<DeviceAddress>(4);
        var addresses = new ArrayList<>(GatewayAddressTable.ADDRESSES);
        if (spec.metadata() != null) {
            addresses.addAll(GatewayAddressTable.METADATA);
        }
        for (IpAddress address : addresses) {
            if (address.isIpv4() || ipv6) {
                keys.add(new DeviceAddress(spec.device(), address));
            }
        }
        return keys;
    }

    static TapOrigin origin(EndpointSpec spec) {
        return switch (spec.mode()) {
            case ADOPT -> new TapOrigin.Adopted(spec.deviceKind() == DeviceKind.ANY);
            case CREATE ->
                new TapOrigin.Created(
                        spec.ownerUid(),
                        spec.ownerGid(),
                        spec.multiQueue(),
                        Objects.requireNonNullElse(spec.txQueueLength(), TapOrigin.Created.PLAIN.txQueueLength()));
        };
    }

    List<DeviceAddress> neighbors() {
        return spec.addresses().stream()
                .map(prefix -> new DeviceAddress(spec.device(), prefix.address()))
                .toList();
    }

    List<Prefix> routes() {
        return spec.addresses();
    }
}
