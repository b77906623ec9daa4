package slash32.agent.config;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.bgp.speaker.monitor.BmpStation;
import slash32.bgp.speaker.monitor.MrtFiles;

/// Who is told of what BGP does here.
///
/// @param bmp stations that we connect to (RFC 7854)
/// @param mrt files that are written (RFC 6396); null for none
public record MonitoringConfig(
        List<BmpStation> bmp, @Nullable MrtFiles mrt) {
    static final MonitoringConfig NONE = new MonitoringConfig(List.of(), null);

    public MonitoringConfig {
        bmp = List.copyOf(bmp);
    }

    /// Keys that have another value in {@code other}: all of them need a restart.
    void note(List<String> unlike, MonitoringConfig other) {
        AgentConfig.note(unlike, "bmp", bmp.equals(other.bmp));
        AgentConfig.note(unlike, "mrt", Objects.equals(mrt, other.mrt));
    }
}
