package slash32.agent.dataplane;

import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.status.TableView;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;

/// A reconciled table, with what became of its changes since the start.
final class CountedTable<K, V> {
    private static final Logger LOG = LoggerFactory.getLogger(CountedTable.class);
    static final int FAILURES_SHOWN = 16;

    private final Reconciler<K, V> reconciler;
    private final PassTimer timer;
    private long applied;
    private long refused;
    private boolean broken;

    CountedTable(Reconciler<K, V> reconciler, PassTimer timer) {
        this.reconciler = reconciler;
        this.timer = timer;
    }

    Reconciler<K, V> reconciler() {
        return reconciler;
    }

    /// One pass, if it has something to do; hands every key that it touched to {@code touched}.
    void pass(long nowNanos, Consumer<K> touched) {
        if (!reconciler.due(nowNanos)) {
            return;
        }
        long start = System.nanoTime();
        Pass<K, V> pass = reconciler.pass(nowNanos);
        if (!pass.applied().isEmpty() || !pass.failed().isEmpty()) {
            timer.applied(reconciler.name(), System.nanoTime() - start);
        }
        applied += pass.applied().size();
        refused += pass.failed().size();
        for (Change<K, V> change : pass.applied()) {
            touched.accept(change.key());
        }
        for (Failure<K> failure : pass.failed()) {
            LOG.warn(
                    "table={} object=\"{}\" event=refused reason=\"{}\"",
                    reconciler.name(),
                    failure.key(),
                    failure.reason());
            touched.accept(failure.key());
        }
        if (pass.broken() != null) {
            LOG.error("table={} event=broken reason=\"{}\"", reconciler.name(), pass.broken());
        } else if (broken) {
            LOG.info("table={} event=works-again", reconciler.name());
        }
        broken = pass.broken() != null;
    }

    TableView view() {
        List<TableView.TableFailure> failing = reconciler.failing(FAILURES_SHOWN).stream()
                .map(failure -> new TableView.TableFailure(String.valueOf(failure.key()), failure.reason()))
                .toList();
        return new TableView(reconciler.name(), reconciler.size(), reconciler.owned(), applied, refused, failing);
    }
}
