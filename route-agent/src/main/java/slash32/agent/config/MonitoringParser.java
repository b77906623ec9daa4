package slash32.agent.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.Section.Field;
import slash32.bgp.speaker.monitor.BmpStation;
import slash32.bgp.speaker.monitor.MonitoredRib;
import slash32.bgp.speaker.monitor.MrtFiles;

/// Reads who is told of what BGP does.
final class MonitoringParser {
    private static final int BMP_PORT = 11_019;
    private static final Duration STATISTICS = Duration.ofMinutes(1);
    private static final Scalar<MonitoredRib> RIB =
            new Scalar<>(Tag.STR, "pre-policy, post-policy, adj-rib-out, loc-rib", MonitoringParser::rib);

    private static final Scalar<Long> FILES = PolicyParser.number(1, 1_000_000);
    private static final long FILES_KEPT = 100;

    private MonitoringParser() {}

    /// What of a file's root is about monitoring; to be called before its end.
    static Field<MonitoringConfig> monitoring(Section root) {
        var bmp = root.sections("bmp", MonitoringParser::station);
        var mrt = root.optionalSection("mrt", MonitoringParser::files);
        List<BmpStation> stations = bmp.value();
        return new Field<>(bmp.node(), stations == null ? null : new MonitoringConfig(stations, mrt.value()));
    }

    private static @Nullable MrtFiles files(Section section) {
        var folder = section.required("directory", Scalar.ABSOLUTE_PATH);
        var tables = section.optional("tables", Scalar.REPORT_INTERVAL, Duration.ofHours(2));
        var updates = section.optional("updates", Scalar.REPORT_INTERVAL, Duration.ofMinutes(15));
        var keep = section.optional("keep", FILES, FILES_KEPT);
        return section.end()
                ? new MrtFiles(
                        folder.get(), tables.get(), updates.get(), keep.get().intValue())
                : null;
    }

    private static @Nullable BmpStation station(Section section) {
        var address = section.required("address", Scalar.ADDRESS);
        var port = section.optional("port", Scalar.PORT, BMP_PORT);
        var ribs = section.list("ribs", RIB, List.of(MonitoredRib.POST_POLICY));
        var statistics = section.optional("statistics", Scalar.REPORT_INTERVAL, STATISTICS);
        if (ribs.value() != null && ribs.value().isEmpty()) {
            section.problem(ribs, "ribs", "is empty (allowed: " + RIB.allowed() + ")");
        }
        return section.end()
                ? new BmpStation(address.get(), port.get(), Set.copyOf(ribs.get()), statistics.get())
                : null;
    }

    private static MonitoredRib rib(String text) {
        return Arrays.stream(MonitoredRib.values())
                .filter(rib -> name(rib).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such RIB: '" + text + "'"));
    }

    private static String name(MonitoredRib rib) {
        return rib.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
