package slash32.overlay;

import org.junit.jupiter.api.Test;
import slash32.overlay.choice.Path;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void theModuleKeepsItsLayers() {
        LayerRules.check(Path.class);
    }
}
