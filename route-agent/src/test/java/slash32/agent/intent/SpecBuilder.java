package slash32.agent.intent;

import java.util.List;
import java.util.Map;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.GroupId;
import slash32.tap.gateway.GuestSettings;

/// An {@link EndpointSpec} to test with: what the test is about is said, the rest is as the API has it by default.
public final class SpecBuilder {
    private final String id;
    private final InterfaceName device;
    private final MacAddress mac;
    private long generation;
    private DeviceMode mode = DeviceMode.ADOPT;
    private DeviceKind deviceKind = DeviceKind.TAP;
    private EndpointRole role = EndpointRole.ACTIVE;
    private List<Prefix> addresses = List.of();
    private List<GroupId> groups = List.of();
    private List<AddressPair> pairs = List.of();
    private SegmentPorts segments = SegmentPorts.NONE;

    public SpecBuilder(String id, String device, MacAddress mac) {
        this.id = id;
        this.device = new InterfaceName(device);
        this.mac = mac;
    }

    public SpecBuilder generation(long number) {
        generation = number;
        return this;
    }

    public SpecBuilder created() {
        mode = DeviceMode.CREATE;
        return this;
    }

    public SpecBuilder deviceKind(DeviceKind kind) {
        deviceKind = kind;
        return this;
    }

    public SpecBuilder role(EndpointRole what) {
        role = what;
        return this;
    }

    public SpecBuilder addresses(List<Prefix> all) {
        addresses = all;
        return this;
    }

    public SpecBuilder groups(GroupId... all) {
        groups = List.of(all);
        return this;
    }

    public SpecBuilder pairs(List<AddressPair> all) {
        pairs = all;
        return this;
    }

    public SpecBuilder segments(SegmentPorts ports) {
        segments = ports;
        return this;
    }

    public EndpointSpec build() {
        return new EndpointSpec(
                new EndpointId(id),
                generation,
                device,
                mode,
                deviceKind,
                role,
                mac,
                addresses,
                groups,
                pairs,
                true,
                EndpointSpec.DEFAULT_MTU_BYTES,
                null,
                null,
                false,
                null,
                GuestSettings.DEFAULT,
                null,
                Map.of(),
                segments);
    }
}
