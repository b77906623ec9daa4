package slash32.bgp;

import org.junit.jupiter.api.Test;
import slash32.bgp.wire.AddressFamily;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void theModuleKeepsItsLayers() {
        LayerRules.check(AddressFamily.class);
    }
}
