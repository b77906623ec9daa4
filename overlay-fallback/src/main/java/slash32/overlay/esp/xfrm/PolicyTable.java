package slash32.overlay.esp.xfrm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Request;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.xfrm.XfrmPolicy;
import slash32.netlink.xfrm.XfrmSelector;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The kernel's policies that are ours, which their priority tells. One takes the place of another without a moment
/// between; nobody else's is replaced.
final class PolicyTable implements Table<PolicyTable.Key, XfrmPolicy> {
    static final int PROTECT_PRIORITY = 0x5332_0001;

    /// Behind the one that protects.
    static final int BLOCK_PRIORITY = 0x5332_0002;

    private final NetlinkSocket xfrm;

    /// By what the kernel knows a policy.
    record Key(XfrmPolicy.Direction direction, XfrmSelector selector, int interfaceId) {
        static Key of(XfrmPolicy policy) {
            return new Key(policy.direction(), policy.selector(), policy.interfaceId());
        }
    }

    PolicyTable(NetlinkSocket xfrm) {
        this.xfrm = xfrm;
    }

    @Override
    public String name() {
        return "ipsec_policy";
    }

    @Override
    public Map<Key, XfrmPolicy> owned() throws IOException {
        var found = new HashMap<Key, XfrmPolicy>();
        xfrm.dump(XfrmPolicy.dump(), found::clear, message -> {
            XfrmPolicy policy = XfrmPolicy.parse(message);
            if (policy != null && isOurs(policy)) {
                found.put(Key.of(policy), policy);
            }
        });
        return found;
    }

    static boolean isOurs(XfrmPolicy policy) {
        return policy.priority() == PROTECT_PRIORITY || policy.priority() == BLOCK_PRIORITY;
    }

    @Override
    public List<Failure<Key>> apply(List<Change<Key, XfrmPolicy>> batch) throws IOException {
        List<Request> requests = batch.stream().map(PolicyTable::request).toList();
        List<@Nullable KernelException> outcomes = xfrm.executeAll(requests);
        var failures = new ArrayList<Failure<Key>>();
        for (int i = 0; i < batch.size(); i++) {
            KernelException refused = outcomes.get(i);
            boolean gone = refused != null && batch.get(i) instanceof Change.Remove && refused.is(Errno.ENOENT);
            if (refused != null && !gone) {
                failures.add(new Failure<>(batch.get(i).key(), String.valueOf(refused.getMessage())));
            }
        }
        return failures;
    }

    private static Request request(Change<Key, XfrmPolicy> change) {
        return switch (change) {
            case Change.Put<Key, XfrmPolicy>(Key _, XfrmPolicy policy, XfrmPolicy replaced) ->
                replaced == null ? policy.add() : policy.replace();
            case Change.Remove<Key, XfrmPolicy>(Key _, XfrmPolicy policy) -> policy.delete();
        };
    }
}
