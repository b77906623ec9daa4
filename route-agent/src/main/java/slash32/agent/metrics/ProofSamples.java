package slash32.agent.metrics;

import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CounterMetricFamily;
import io.prometheus.client.GaugeMetricFamily;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.Proofs;
import slash32.overlay.pki.RevocationList;

/// Turns what nodes of different sites prove themselves with into samples.
final class ProofSamples {
    private ProofSamples() {}

    static List<MetricFamilySamples> of(Proofs proofs) {
        var refused = new CounterMetricFamily(
                "slash32_overlay_ike_refused_total",
                "IKE messages and beginnings that were refused, and proofs anew that came to nothing, by reason.",
                List.of("reason"));
        proofs.refused().forEach((why, count) -> refused.addMetric(List.of(why), (double) count));
        var end = new GaugeMetricFamily(
                "slash32_overlay_certificate_end_timestamp_seconds", "When this node's certificate ends.", List.of());
        add(end, List.of(), proofs.end());
        var lists = new GaugeMetricFamily(
                "slash32_overlay_crls",
                "Lists of revoked certificates, by whether they count: counts, with-its-issuer, ignored.",
                List.of("use"));
        for (RevocationList.Use use : RevocationList.Use.values()) {
            long count =
                    proofs.lists().stream().filter(list -> list.use() == use).count();
            lists.addMetric(List.of(use.name().toLowerCase(Locale.ROOT).replace('_', '-')), (double) count);
        }
        var made = new GaugeMetricFamily(
                "slash32_overlay_crl_this_update_timestamp_seconds",
                "When an issuer signed its newest list of revoked certificates.",
                List.of("issuer"));
        var next = new GaugeMetricFamily(
                "slash32_overlay_crl_next_update_timestamp_seconds",
                "When an issuer should have signed another; the list counts nonetheless.",
                List.of("issuer"));
        for (RevocationList list : newest(proofs.lists())) {
            add(made, List.of(list.issuer()), list.made());
            add(next, List.of(list.issuer()), list.next());
        }
        return List.of(
                refused,
                end,
                lists,
                made,
                next,
                new GaugeMetricFamily(
                        "slash32_overlay_clock_ahead_seconds",
                        "How far the wall clock was set ahead of the time that peers are judged by; 0 unless it was.",
                        (double) proofs.clockAhead().toSeconds()));
    }

    /// Of each issuer one that is not ignored.
    private static List<RevocationList> newest(List<RevocationList> lists) {
        var newest = new ArrayList<RevocationList>();
        var issuers = new HashSet<String>();
        lists.stream()
                .filter(list -> list.use() != RevocationList.Use.IGNORED)
                .sorted((one, other) -> other.made().compareTo(one.made()))
                .filter(list -> issuers.add(list.issuer()))
                .forEach(newest::add);
        return newest;
    }

    private static void add(GaugeMetricFamily family, List<String> labels, @Nullable Instant at) {
        if (at != null) {
            family.addMetric(labels, (double) at.getEpochSecond());
        }
    }
}
