package slash32.agent.intent;

import java.util.List;
import slash32.net.NumberRange;

/// To whom VNIs are delegated.
///
/// @param vnis that the tenant's segments may have; empty for none
public record Tenant(String name, List<NumberRange> vnis) {
    public Tenant {
        vnis = List.copyOf(vnis);
    }
}
