package slash32.agent.intent;

import java.util.List;
import slash32.net.NumberRange;

/// To whom VNIs and VLANs are delegated.
///
/// @param vnis that the tenant's segments may have; empty for none
/// @param vlans that its guests may use inside them; empty for none
public record Tenant(String name, List<NumberRange> vnis, List<NumberRange> vlans) {
    public Tenant {
        vnis = List.copyOf(vnis);
        vlans = List.copyOf(vlans);
    }
}
