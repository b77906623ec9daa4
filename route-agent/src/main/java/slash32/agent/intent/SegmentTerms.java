package slash32.agent.intent;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.Segment;

/// What the configuration says of segments.
///
/// @param overlays rules, no name twice; {@link OverlayRule#DEFAULT} is there beside them unless one has its name
/// @param tenants no name twice; without any, nothing is delegated and every VNI may be used
/// @param segments with their ports, no name and no VNI twice
public record SegmentTerms(List<OverlayRule> overlays, List<Tenant> tenants, List<Segment> segments) {
    public static final SegmentTerms NONE = new SegmentTerms(List.of(), List.of(), List.of());

    public SegmentTerms {
        overlays = List.copyOf(overlays);
        tenants = List.copyOf(tenants);
        segments = List.copyOf(segments);
    }

    /// The rule of this name; null if there is none.
    public @Nullable OverlayRule overlay(String name) {
        for (OverlayRule rule : overlays) {
            if (rule.name().equals(name)) {
                return rule;
            }
        }
        return name.equals(OverlayRule.DEFAULT_NAME) ? OverlayRule.DEFAULT : null;
    }

    /// Of all segments.
    public List<GatewayAddress> gateways() {
        return segments.stream()
                .flatMap(segment -> segment.gateway().addresses().stream())
                .toList();
    }

    @Nullable
    Tenant tenant(String name) {
        return tenants.stream()
                .filter(tenant -> tenant.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    @Nullable
    Segment segment(SegmentId id) {
        return segments.stream()
                .filter(segment -> segment.name().equals(id.value()))
                .findFirst()
                .orElse(null);
    }
}
