package slash32.net;

import org.junit.jupiter.api.Test;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void theModuleKeepsItsLayers() {
        LayerRules.check(Prefix.class);
    }
}
