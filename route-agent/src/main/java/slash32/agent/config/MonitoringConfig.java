package slash32.agent.config;

import java.util.List;
import slash32.bgp.speaker.monitor.BmpStation;

/// Who is told of what BGP does here.
///
/// @param bmp stations that we connect to (RFC 7854)
public record MonitoringConfig(List<BmpStation> bmp) {
    static final MonitoringConfig NONE = new MonitoringConfig(List.of());

    public MonitoringConfig {
        bmp = List.copyOf(bmp);
    }
}
