package slash32.tap;

import org.junit.jupiter.api.Test;
import slash32.tap.gateway.Gateway;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void theModuleKeepsItsLayers() {
        LayerRules.check(Gateway.class);
    }
}
