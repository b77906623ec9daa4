package slash32.agent.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.bgp.speaker.monitor.BmpStation;
import slash32.bgp.speaker.monitor.MonitoredRib;

/// Reads who is told of what BGP does.
final class MonitoringParser {
    private static final int BMP_PORT = 11_019;
    private static final Duration STATISTICS = Duration.ofMinutes(1);
    private static final Scalar<MonitoredRib> RIB =
            new Scalar<>(Tag.STR, "pre-policy, post-policy, adj-rib-out, loc-rib", MonitoringParser::rib);

    private MonitoringParser() {}

    static @Nullable BmpStation station(Section section) {
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
