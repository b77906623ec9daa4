package slash32.tap;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;
import slash32.reconcile.Backoff;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;

/// All tables of this module with their reconcilers and the kernel's events, as the agent runs them; no threads but the
/// events'. A second rig in the same namespace is a restarted agent.
final class TapRig implements AutoCloseable {
    private static final long DEADLINE_NANOS = 10_000_000_000L;

    final NetlinkSocket rtnl;
    final TapTable tapTable;
    final Reconciler<HostSetting, String> host = new Reconciler<>(new HostSettingTable(), Backoff.KERNEL);
    final Reconciler<InterfaceName, TapSpec> taps;
    final Reconciler<DeviceAddress, Integer> gatewayAddresses;
    final Reconciler<DeviceAddress, MacAddress> neighbors;
    final Reconciler<Prefix, HostRoute> hostRoutes;
    final TapObserver observer;

    private final Map<InterfaceName, Set<IpAddress>> guests = new HashMap<>();
    private final LinkedBlockingQueue<RouteEvent> events = new LinkedBlockingQueue<>();
    private final Subscription subscription;
    private long nowNanos;
    private int applied;

    TapRig() throws IOException {
        subscription = Subscription.open(
                NetlinkProtocol.ROUTE,
                Rt.RTNLGRP_LINK,
                Rt.RTNLGRP_NEIGH,
                Rt.RTNLGRP_IPV4_IFADDR,
                Rt.RTNLGRP_IPV6_IFADDR,
                Rt.RTNLGRP_IPV4_ROUTE,
                Rt.RTNLGRP_IPV6_ROUTE);
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        tapTable = new TapTable(rtnl);
        taps = new Reconciler<>(tapTable, Backoff.KERNEL);
        gatewayAddresses = new Reconciler<>(new GatewayAddressTable(rtnl), Backoff.KERNEL);
        var neighborTable = new NeighborTable(rtnl);
        neighbors = new Reconciler<>(neighborTable, Backoff.KERNEL);
        hostRoutes = new Reconciler<>(new HostRouteTable(rtnl), Backoff.KERNEL);
        observer = new TapObserver(rtnl, tapTable, neighborTable, taps, gatewayAddresses, neighbors, hostRoutes);
        Thread.ofPlatform().daemon().name("rig-events").start(this::receive);
    }

    private void receive() {
        try {
            boolean open = true;
            while (open) {
                open = subscription.receive(message -> {
                            RouteEvent event = RouteEvent.parse(message);
                            if (event != null) {
                                events.add(event);
                            }
                        })
                        != Subscription.Outcome.CLOSED;
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// Desires the interface and everything that belongs to a guest behind it.
    void put(InterfaceName device, TapSpec spec, MacAddress mac, Set<IpAddress> addresses) {
        putSource(device, spec, mac, addresses, null);
    }

    void putSource(
            InterfaceName device,
            TapSpec spec,
            MacAddress mac,
            Set<IpAddress> addresses,
            @Nullable IpAddress preferredSource) {
        guests.put(device, addresses);
        taps.put(device, spec);
        GatewayAddressTable.ADDRESSES.forEach(address ->
                gatewayAddresses.put(new DeviceAddress(device, address), GatewayAddressTable.prefixLength(address)));
        for (IpAddress address : addresses) {
            neighbors.put(new DeviceAddress(device, address), mac);
            hostRoutes.put(
                    address.hostPrefix(),
                    HostRoute.of(
                            device,
                            preferredSource != null && preferredSource.bits() == address.bits()
                                    ? preferredSource
                                    : null));
        }
    }

    void remove(InterfaceName device) {
        for (IpAddress address : new HashSet<>(guests.getOrDefault(device, Set.of()))) {
            hostRoutes.remove(address.hostPrefix());
            neighbors.remove(new DeviceAddress(device, address));
        }
        GatewayAddressTable.ADDRESSES.forEach(address -> gatewayAddresses.remove(new DeviceAddress(device, address)));
        guests.remove(device);
        settleOnce(); // the parts before the whole
        taps.remove(device);
    }

    void hostSettings() {
        for (HostSetting setting : HostSetting.values()) {
            host.put(setting, setting.wanted());
        }
    }

    void inSync() {
        taps.inSync();
        gatewayAddresses.inSync();
        neighbors.inSync();
        hostRoutes.inSync();
    }

    /// One pass over all tables, a minute of back-off after the last.
    void settleOnce() {
        nowNanos += TimeUnit.MINUTES.toNanos(1);
        passAt(nowNanos);
    }

    /// One pass now; what failed before waits.
    void pass() {
        passAt(nowNanos);
    }

    private void passAt(long now) {
        count(host.pass(now));
        count(taps.pass(now));
        count(gatewayAddresses.pass(now));
        count(neighbors.pass(now));
        count(hostRoutes.pass(now));
    }

    private void count(Pass<?, ?> pass) {
        if (pass.broken() != null) {
            throw new AssertionError(pass.broken());
        }
        applied += pass.applied().size();
    }

    /// Changes written since the start.
    int applied() {
        return applied;
    }

    /// Takes events and passes, without waiting for any back-off, until {@code done}.
    void until(BooleanSupplier done) {
        long end = System.nanoTime() + DEADLINE_NANOS;
        while (!done.getAsBoolean()) {
            try {
                RouteEvent event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (event == null) {
                    throw new AssertionError("no event led to the expected state");
                }
                observer.on(event);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            pass();
        }
    }

    /// Takes the events that are there.
    void drain() {
        for (RouteEvent event = events.poll(); event != null; event = events.poll()) {
            observer.on(event);
        }
    }

    /// True if everything desired is in force, as far as the reconcilers know.
    boolean inForce() {
        return taps.failures() + gatewayAddresses.failures() + neighbors.failures() + hostRoutes.failures() == 0
                && guests.keySet().stream().allMatch(taps::inForce)
                && guests.entrySet().stream()
                        .allMatch(guest -> guest.getValue().stream()
                                .allMatch(address -> hostRoutes.inForce(address.hostPrefix())
                                        && neighbors.inForce(new DeviceAddress(guest.getKey(), address))))
                && guests.keySet().stream()
                        .allMatch(device -> GatewayAddressTable.ADDRESSES.stream()
                                .allMatch(address -> gatewayAddresses.inForce(new DeviceAddress(device, address))));
    }

    InterfaceIndex index(InterfaceName device) {
        return Objects.requireNonNull(tapTable.indexOf(device));
    }

    @Override
    public void close() {
        subscription.close();
        rtnl.close();
    }
}
