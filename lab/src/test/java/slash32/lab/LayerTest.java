package slash32.lab;

import org.junit.jupiter.api.Test;
import slash32.lab.topology.Topology;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void layersHold() {
        LayerRules.check(Topology.class);
    }
}
