package slash32.agent.intent;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.Problem;
import slash32.net.NumberRange;
import slash32.net.Vni;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.FrameRules;

/// Which VNIs, VLANs and overlay rules who may use. Where tenants are configured, a segment is a tenant's and its
/// VNI one of those that are the tenant's; where none are, everything may be used and nobody is a tenant.
final class Delegation {
    private final SiteId site;
    private SegmentTerms terms = SegmentTerms.NONE;

    /// @param site of this node
    Delegation(SiteId site) {
        this.site = site;
    }

    void terms(SegmentTerms now) {
        terms = now;
    }

    /// Why a segment may not be as it is stated.
    @Nullable
    Problem refusal(SegmentSpec spec) {
        Problem problem = overlay(spec.overlay(), "overlay");
        if (problem == null) {
            problem = vni(spec.tenant(), spec.vni(), "vni", "tenant");
        }
        if (problem == null) {
            problem = vlans(spec);
        }
        OverlayRule rule = terms.overlay(spec.overlay());
        Integer mtu = spec.mtuBytes();
        return problem == null && rule != null && mtu != null && mtu > rule.mtuBytes()
                ? Problem.invalid(
                        "mtuBytes",
                        "must be at most " + rule.mtuBytes() + ", as overlay " + rule.name() + " carries, was " + mtu)
                : problem;
    }

    /// Why an endpoint may not be in a segment that is stated.
    ///
    /// @param at where the port's fields are
    /// @param place where the endpoint's are
    @Nullable
    Problem refusal(@Nullable String tenant, SegmentId id, @Nullable String ofSegment, String at, String place) {
        if (tenant != null && terms.tenant(tenant) == null) {
            return Problem.invalid(place + "tenant", "no such tenant: " + tenant);
        }
        return Objects.equals(tenant, ofSegment)
                ? null
                : Problem.invalid(
                        at + "segment",
                        "segment " + id + " is " + whose(ofSegment) + ", the endpoint is " + whose(tenant));
    }

    private static String whose(@Nullable String tenant) {
        return tenant == null ? "no tenant's" : "tenant " + tenant + "'s";
    }

    /// Why an endpoint may not have a segment made for it.
    @Nullable
    Problem refusal(@Nullable String tenant, SegmentRef.OfOverlay ref, String at, String place) {
        Problem problem = overlay(ref.overlay(), at + "overlay");
        return problem != null ? problem : vni(tenant, ref.vni(), at + "vni", place + "tenant");
    }

    private @Nullable Problem vlans(SegmentSpec spec) {
        Tenant tenant = spec.tenant() == null ? null : terms.tenant(spec.tenant());
        List<NumberRange> vlans = spec.vlans();
        for (int i = 0; tenant != null && vlans != null && i < vlans.size(); i++) {
            if (!NumberRange.covers(tenant.vlans(), vlans.get(i))) {
                return Problem.invalid(
                        "vlans[" + i + "]",
                        "VLAN " + vlans.get(i) + " of VNI " + spec.vni() + " is not delegated to tenant "
                                + tenant.name() + ", which may use " + text(tenant.vlans()));
            }
        }
        return null;
    }

    /// What a segment takes of its guests' frames: of VLANs, what it states or else all that are its tenant's.
    FrameRules frames(@Nullable String owner, @Nullable List<NumberRange> vlans, @Nullable Integer multicastPerSecond) {
        Tenant tenant = owner == null ? null : terms.tenant(owner);
        List<NumberRange> delegated = tenant == null ? List.of(FrameRules.ALL_VLANS) : tenant.vlans();
        return new FrameRules(vlans == null ? delegated : vlans, multicastPerSecond);
    }

    private @Nullable Problem overlay(String name, String field) {
        OverlayRule rule = terms.overlay(name);
        if (rule == null) {
            return Problem.invalid(field, "no such overlay: " + name);
        }
        return rule.holdsIn(site)
                ? null
                : Problem.invalid(field, "overlay " + name + " does not hold in this node's site, " + site);
    }

    private @Nullable Problem vni(@Nullable String name, Vni vni, String field, String tenantField) {
        Tenant tenant = name == null ? null : terms.tenant(name);
        if (name != null && tenant == null) {
            return Problem.invalid(tenantField, "no such tenant: " + name);
        }
        if (tenant == null) {
            return terms.tenants().isEmpty()
                    ? null
                    : Problem.invalid(tenantField, "must be stated: on this node VNIs are delegated to tenants");
        }
        return NumberRange.contains(tenant.vnis(), vni.value())
                ? null
                : Problem.invalid(
                        field,
                        "VNI " + vni + " is not delegated to tenant " + name + ", which may use "
                                + text(tenant.vnis()));
    }

    private static String text(List<NumberRange> ranges) {
        return ranges.isEmpty()
                ? "none"
                : ranges.stream().map(NumberRange::toString).collect(joining(", "));
    }
}
