package slash32.agent.intent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Vni;
import slash32.overlay.evpn.EvpnAction;
import slash32.securitygroup.GroupId;

/// Which groups addresses at segments' ports of other nodes are in, as the routes of EVPN say (docs/adr/0044).
final class SegmentMembers {
    private final Asn asn;
    private final Map<Place, List<GroupId>> known = new HashMap<>();

    private record Place(Vni segment, IpAddress address) {}

    SegmentMembers(Asn asn) {
        this.asn = asn;
    }

    /// What these labels change.
    List<MemberChange> take(List<EvpnAction.Label> labels) {
        var changes = new ArrayList<MemberChange>();
        for (EvpnAction.Label label : labels) {
            var place = new Place(label.vni(), label.address());
            List<GroupId> now = Memberships.of(label.communities(), asn).groups();
            List<GroupId> stated = now.isEmpty() ? known.remove(place) : known.put(place, now);
            List<GroupId> before = stated == null ? List.of() : stated;
            now.stream()
                    .filter(group -> !before.contains(group))
                    .forEach(group -> changes.add(change(group, place, true)));
            before.stream()
                    .filter(group -> !now.contains(group))
                    .forEach(group -> changes.add(change(group, place, false)));
        }
        return changes;
    }

    private static MemberChange change(GroupId group, Place place, boolean joins) {
        return new MemberChange.InSegment(group, place.segment(), place.address(), joins);
    }

    /// Addresses that are in some group.
    int size() {
        return known.size();
    }
}
