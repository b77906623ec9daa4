package slash32.tap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.netlink.route.Link;
import slash32.netlink.socket.ChangeRequests;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.tun.Tap;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;
import slash32.tap.TapOrigin.Adopted;
import slash32.tap.TapOrigin.Created;

/// The guests' interfaces: those that carry our mark in their alias.
///
/// A TAP of our making gets its mark before it is made to outlive the call, so that no crash leaves one that nobody
/// knows. An interface without our mark is taken only for a specification that adopts it. Owned by one thread.
public final class TapTable implements Table<InterfaceName, TapSpec> {
    private static final String WAITING = "waiting: ";
    private static final MacAddress NO_MAC = new MacAddress(0);
    /// The group (ip-link(8)) of interfaces that are about to be deleted together.
    private static final int LEAVING = 0x5332_0001;

    private final NetlinkSocket rtnl;
    private final TapLinks links;
    private final Map<InterfaceIndex, InterfaceName> names = new HashMap<>();
    private final Map<InterfaceName, InterfaceIndex> indexes = new HashMap<>();

    /// @param rtnl of NETLINK_ROUTE
    public TapTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
        links = new TapLinks(rtnl);
    }

    /// True if a failure with this reason is the wait for an interface that the hypervisor has yet to make.
    public static boolean isWaiting(String reason) {
        return reason.startsWith(WAITING);
    }

    /// What can't be done to an interface as it is.
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        RefusedException(String reason) {
            super(reason);
        }
    }

    @Override
    public String name() {
        return "tap";
    }

    /// The index of our interface of this name, as last read or written; null if there is none.
    public @Nullable InterfaceIndex indexOf(InterfaceName name) {
        return indexes.get(name);
    }

    /// The name of our interface of this index, as last read or written; null if there is none.
    public @Nullable InterfaceName nameOf(InterfaceIndex index) {
        return names.get(index);
    }

    /// True if there is an interface of this name, ours or not; also if the kernel can't be asked.
    public boolean exists(InterfaceName name) {
        try {
            return links.find(name) != null;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public Map<InterfaceName, TapSpec> owned() throws IOException {
        var found = new HashMap<InterfaceName, TapSpec>();
        names.clear();
        indexes.clear();
        for (TapLink link : links.all()) {
            if (link.mark() != null) {
                know(link.link());
                InterfaceName name = link.link().name();
                found.put(name, spec(link, link.mark(), InterfaceSettings.read(name)));
            }
        }
        return found;
    }

    /// Reads one interface back.
    ///
    /// @param settings what its sysctls are known to be, used if it is still the same interface; null to read them
    /// @return null if there is none of this name, or not ours
    @Nullable
    TapSpec read(InterfaceName name, @Nullable InterfaceSettings settings) throws IOException {
        TapLink found = links.find(name);
        if (found == null || found.mark() == null) {
            forget(name);
            return null;
        }
        boolean same = found.link().index().equals(indexes.get(name));
        know(found.link());
        return spec(found, found.mark(), same && settings != null ? settings : InterfaceSettings.read(name));
    }

    private void know(Link link) {
        forget(link.name());
        names.put(link.index(), link.name());
        indexes.put(link.name(), link.index());
    }

    private void forget(InterfaceName name) {
        InterfaceIndex index = indexes.remove(name);
        if (index != null) {
            names.remove(index);
        }
    }

    private static TapSpec spec(TapLink found, TapMark mark, InterfaceSettings settings) {
        Link link = found.link();
        return new TapSpec(
                mark.endpoint(),
                origin(found, mark),
                link.mac() == null ? NO_MAC : link.mac(),
                link.mtuBytes(),
                link.up(),
                settings);
    }

    private static TapOrigin origin(TapLink found, TapMark mark) {
        if (mark.adopted() != null) {
            return mark.adopted();
        }
        TapLink.Tun tun = found.tun();
        int txQueueLength = found.link().txQueueLength();
        return tun == null
                ? new Created(null, null, false, txQueueLength)
                : new Created(tun.ownerUid(), tun.groupGid(), tun.multiQueue(), txQueueLength);
    }

    @Override
    public List<Failure<InterfaceName>> apply(List<Change<InterfaceName, TapSpec>> batch) throws IOException {
        var failures = new ArrayList<Failure<InterfaceName>>();
        var leaving = new LinkedHashMap<InterfaceName, InterfaceIndex>();
        for (Change<InterfaceName, TapSpec> change : batch) {
            try {
                switch (change) {
                    case Change.Put<InterfaceName, TapSpec>(InterfaceName name, TapSpec wanted, var _) ->
                        put(name, wanted);
                    case Change.Remove<InterfaceName, TapSpec>(InterfaceName name, var _) -> {
                        InterfaceIndex made = letGo(name);
                        if (made != null) {
                            leaving.put(name, made);
                        }
                    }
                }
            } catch (IOException e) {
                failures.add(new Failure<>(change.key(), String.valueOf(e.getMessage())));
            }
        }
        failures.addAll(delete(leaving));
        return failures;
    }

    private void put(InterfaceName name, TapSpec wanted) throws IOException {
        TapLink found = links.find(name);
        switch (wanted.origin()) {
            case Created created -> {
                if (found == null) {
                    create(name, wanted, created);
                } else {
                    repair(found, wanted, created);
                }
            }
            case Adopted adopted -> {
                if (found == null) {
                    forget(name);
                    throw new RefusedException(WAITING + "no interface " + name);
                }
                requireAdoptable(found, adopted);
                configure(found.link(), wanted, found.link().txQueueLength());
            }
        }
    }

    private void create(InterfaceName name, TapSpec wanted, Created created) throws IOException {
        try (Tap tap = Tap.open(name, new Tap.Mode(false, created.multiQueue()))) {
            TapLink made = links.find(name);
            if (made == null) {
                throw new RefusedException("TAP " + name + " went while it was made");
            }
            if (created.ownerUid() != null) {
                tap.setOwner(created.ownerUid());
            }
            if (created.groupGid() != null) {
                tap.setGroup(created.groupGid());
            }
            configure(made.link(), wanted, created.txQueueLength());
            tap.setPersistent(true);
        }
    }

    private void repair(TapLink found, TapSpec wanted, Created created) throws IOException {
        Link link = found.link();
        TapLink.Tun tun = found.tun();
        if (found.mark() == null || tun == null) {
            throw new RefusedException("interface " + link.name() + " is there already and is not ours: "
                    + (tun == null ? "no TAP" : alias(link)));
        }
        var there = new TapLink.Tun(created.ownerUid(), created.groupGid(), created.multiQueue());
        if (tun.equals(there)) {
            configure(link, wanted, created.txQueueLength());
            return;
        }
        if (link.carrier()) {
            throw new RefusedException("TAP " + link.name() + " is open in a hypervisor: owner, group and multi-queue"
                    + " can't be changed until it lets go");
        }
        rtnl.execute(Link.delete(link.index())); // none of the three can be taken back from a TAP that has it
        create(link.name(), wanted, created);
    }

    private static void requireAdoptable(TapLink found, Adopted adopted) throws RefusedException {
        Link link = found.link();
        if (found.mark() == null && !link.alias().isEmpty()) {
            throw new RefusedException("interface " + link.name() + " is another's: " + alias(link));
        }
        if (found.tun() == null && !adopted.anyKind()) {
            throw new RefusedException(
                    "interface " + link.name() + " is no TAP" + (link.kind().isEmpty() ? "" : " but a " + link.kind()));
        }
        if (link.master() != null) {
            throw new RefusedException(
                    "interface " + link.name() + " is a port of link " + link.master() + ", which takes its packets");
        }
    }

    private static String alias(Link link) {
        return link.alias().isEmpty() ? "it has no alias" : "its alias is '" + link.alias() + "'";
    }

    /// The mark goes first, then what must hold before a packet passes, then up.
    private void configure(Link link, TapSpec wanted, int txQueueLength) throws IOException {
        boolean sameMac = wanted.mac().equals(link.mac());
        rtnl.execute(Link.configure(
                link.index(),
                sameMac ? null : wanted.mac(), // stating the MAC anew empties the neighbour table
                wanted.mtuBytes(),
                txQueueLength,
                TapMark.of(wanted).text()));
        wanted.settings().write(link.name());
        rtnl.execute(Link.setUp(link.index(), wanted.up()));
        know(link);
    }

    /// Takes our mark from an interface that was adopted.
    ///
    /// @return the index of one of our making, which is to be deleted; null if there is none
    private @Nullable InterfaceIndex letGo(InterfaceName name) throws IOException {
        TapLink found = links.find(name);
        forget(name);
        if (found == null || found.mark() == null) {
            return null;
        }
        InterfaceIndex index = found.link().index();
        if (found.mark().adopted() == null) {
            return index;
        }
        try {
            rtnl.execute(Link.setAlias(index, ""));
        } catch (KernelException e) {
            if (!e.is(Errno.ENODEV)) {
                throw e;
            }
        }
        return null;
    }

    /// All by one request: the kernel waits until nobody looks at an interface any more, which takes no longer for many
    /// than for one.
    private List<Failure<InterfaceName>> delete(Map<InterfaceName, InterfaceIndex> leaving) throws IOException {
        if (leaving.size() > 1) {
            var marks = new ChangeRequests<InterfaceName>();
            leaving.forEach((name, index) -> marks.delete(name, Link.setGroup(index, LEAVING)));
            marks.execute(rtnl);
            try {
                rtnl.execute(Link.deleteGroup(LEAVING));
            } catch (KernelException e) {
                // One of them is left, and says why below.
            }
        }
        var deletions = new ChangeRequests<InterfaceName>();
        leaving.forEach((name, index) -> deletions.delete(name, Link.delete(index)));
        return deletions.execute(rtnl);
    }
}
