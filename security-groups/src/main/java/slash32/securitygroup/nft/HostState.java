package slash32.securitygroup.nft;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.reconcile.Reconciler;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.HostProtection;
import slash32.securitygroup.compile.Subject;

/// What should protect the host, compiled once for all that changed since the last pass. Not thread-safe.
final class HostState {
    private final Set<IpAddress> nodes = new HashSet<>();
    private @Nullable HostRules rules;
    private boolean stated = true;

    void rules(@Nullable HostRules now) {
        rules = now;
        stated = false;
    }

    void add(IpAddress node) {
        if (nodes.add(node) && knowsNodes()) {
            stated = false;
        }
    }

    void remove(IpAddress node) {
        if (nodes.remove(node) && knowsNodes()) {
            stated = false;
        }
    }

    /// True if the rules say something of nodes.
    boolean knowsNodes() {
        HostRules now = rules;
        return now != null && !now.fromNodes().isEmpty();
    }

    /// True if nothing changed since {@link #state}.
    boolean isStated() {
        return stated;
    }

    void state(Reconciler<Subject, Fragment> reconciler) {
        if (stated) {
            return;
        }
        HostRules now = rules;
        if (now == null) {
            reconciler.remove(new Subject.Host());
        } else {
            reconciler.put(new Subject.Host(), HostProtection.of(now, nodes));
        }
        stated = true;
    }
}
