package slash32.agent;

import org.junit.jupiter.api.Test;
import slash32.agent.config.AgentConfig;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void theModuleKeepsItsLayers() {
        LayerRules.check(AgentConfig.class);
    }
}
