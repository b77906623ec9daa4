package slash32.securitygroup;

import org.junit.jupiter.api.Test;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void theModuleKeepsItsLayers() {
        LayerRules.check(SecurityGroup.class);
    }
}
