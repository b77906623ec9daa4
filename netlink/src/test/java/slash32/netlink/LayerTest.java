package slash32.netlink;

import org.junit.jupiter.api.Test;
import slash32.netlink.socket.NetlinkSocket;
import slash32.testkit.LayerRules;

class LayerTest {
    @Test
    void theModuleKeepsItsLayers() {
        LayerRules.check(NetlinkSocket.class);
    }
}
