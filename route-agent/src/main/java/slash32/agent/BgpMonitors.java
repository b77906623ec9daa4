package slash32.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.MonitoringConfig;
import slash32.bgp.speaker.Monitoring;
import slash32.bgp.speaker.monitor.BmpLoop;
import slash32.bgp.speaker.monitor.MrtFiles;
import slash32.bgp.speaker.monitor.MrtLoop;
import slash32.bgp.speaker.monitor.TableDump;

/// The threads that tell others what BGP does here: one a BMP station, one for MRT files.
final class BgpMonitors implements AutoCloseable {
    private final List<BmpLoop> stations;
    private final @Nullable MrtLoop files;
    private final TableDump dump;
    private final RoleThreads threads = new RoleThreads();

    /// To be made before the speaker starts; nothing runs before {@link #start}.
    BgpMonitors(MonitoringConfig config, BmpLoop.Speaking speaking, Monitoring monitoring) {
        stations = BmpLoop.of(config.bmp(), speaking, monitoring, BmpLoop.Limits.DEFAULT);
        MrtFiles wanted = config.mrt();
        files = wanted == null ? null : new MrtLoop(wanted, speaking.asn(), speaking.identifier(), monitoring);
        dump = new TableDump(monitoring, speaking.identifier());
    }

    void start() {
        stations.forEach(station -> threads.start("bmp-" + station.station(), station::run));
        if (files != null) {
            threads.start("mrt", files::run);
        }
    }

    /// Writes the table as an MRT file; on the caller's thread.
    void dump(OutputStream out) throws IOException {
        dump.write(out);
    }

    /// To be closed before the speaker is.
    @Override
    public void close() {
        stations.forEach(BmpLoop::close);
        if (files != null) {
            files.close();
        }
        threads.join();
    }
}
