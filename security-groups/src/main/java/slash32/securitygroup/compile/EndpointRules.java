package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.GuardRules.UNSPECIFIED_4;
import static slash32.securitygroup.compile.Keys.key;
import static slash32.securitygroup.compile.Layout.ARP;
import static slash32.securitygroup.compile.Layout.FROM_COUNTERS;
import static slash32.securitygroup.compile.Layout.GUESTS;
import static slash32.securitygroup.compile.Layout.HOST_COUNTERS;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.MACS;
import static slash32.securitygroup.compile.Layout.OPEN;
import static slash32.securitygroup.compile.Layout.PAIRS;
import static slash32.securitygroup.compile.Layout.SAMPLED;
import static slash32.securitygroup.compile.Layout.SOURCES_4;
import static slash32.securitygroup.compile.Layout.SOURCES_6;
import static slash32.securitygroup.compile.Layout.SPOOFED_COUNTERS;
import static slash32.securitygroup.compile.Layout.STATEFUL;
import static slash32.securitygroup.compile.Layout.STATELESS;
import static slash32.securitygroup.compile.Layout.TO_COUNTERS;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.netfilter.Verdict;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.EndpointPolicy;

/// What an endpoint has in the tables: elements by its interface's name, its counters, and a chain only if it may
/// send as whole prefixes.
public final class EndpointRules {
    private final boolean sampled;

    EndpointRules(boolean sampled) {
        this.sampled = sampled;
    }

    /// An element of a set of interfaces.
    public static SetElement guest(InterfaceName device) {
        return SetElement.of(key(device.value()));
    }

    /// An endpoint's part.
    ///
    /// @param stateful false if all its groups are stateless: then replies need a rule as all else
    public Fragment endpoint(EndpointPolicy policy, boolean stateful) {
        InterfaceName device = policy.device();
        var fragment = new Fragment.Builder();
        known(fragment, device);
        LimitRules.add(fragment, policy);
        counted(fragment, INET, HOST_COUNTERS, device, Layout.hostCounter(device));
        if (!policy.portSecurity()) {
            for (TableId table : Plane.ROUTED.tables()) {
                fragment.element(table, OPEN, guest(device));
            }
            return fragment.build();
        }
        fragment.element(INET, stateful ? STATEFUL : STATELESS, guest(device));
        for (TableId table : Plane.ROUTED.tables()) {
            pairs(fragment, table, policy);
            counted(fragment, table, SPOOFED_COUNTERS, device, Layout.spoofedCounter(device));
        }
        sources(fragment, policy);
        counted(fragment, INET, FROM_COUNTERS, device, Layout.fromCounter(device));
        counted(fragment, INET, TO_COUNTERS, device, Layout.toCounter(device));
        groups(fragment, policy);
        return fragment.build();
    }

    /// The part of an endpoint whose interface is a port of a segment's bridge. Who it may send as is for the bridge's
    /// guard.
    ///
    /// @param stateful see {@link #endpoint}
    public Fragment inSegment(EndpointPolicy policy, boolean stateful) {
        InterfaceName device = policy.device();
        var fragment = new Fragment.Builder();
        known(fragment, INET, device);
        fragment.element(INET, stateful ? STATEFUL : STATELESS, guest(device));
        counted(fragment, INET, FROM_COUNTERS, device, Layout.fromCounter(device));
        counted(fragment, INET, TO_COUNTERS, device, Layout.toCounter(device));
        groups(fragment, policy);
        return Plane.BRIDGED.place(fragment.build());
    }

    private static void groups(Fragment.Builder fragment, EndpointPolicy policy) {
        for (int position = 1; position <= policy.groups().size(); position++) {
            int group = (int) policy.groups().get(position - 1).number();
            fragment.element(
                    INET,
                    GroupRules.groupAt(position).name(),
                    new SetElement(key(policy.device().value()), new SetElement.Value.Mark(group)));
        }
    }

    private void known(Fragment.Builder fragment, InterfaceName device) {
        Plane.ROUTED.tables().forEach(table -> known(fragment, table, device));
    }

    private void known(Fragment.Builder fragment, TableId table, InterfaceName device) {
        fragment.element(table, GUESTS, guest(device));
        if (sampled) {
            fragment.element(
                    table,
                    SAMPLED,
                    new SetElement(key(device.value()), new SetElement.Value.Limited(DropRules.OF_ENDPOINT)));
        }
    }

    /// The chain of an endpoint that may send as whole prefixes; the only one that an endpoint may have.
    private static void pairs(Fragment.Builder fragment, TableId table, EndpointPolicy policy) {
        List<AddressPair> wide = policy.pairs().stream()
                .filter(pair -> !pair.prefix().isHost())
                .filter(pair -> table.equals(INET) || pair.prefix().isIpv4())
                .sorted(Comparator.comparing(AddressPair::toString))
                .toList();
        if (wide.isEmpty()) {
            return;
        }
        String chain = Layout.GUARD_OF + policy.device();
        var rules = new ArrayList<NftRule>();
        for (AddressPair pair : wide) {
            Statements match = table.equals(INET)
                    ? rule().sourceMac(pair.mac()).sourceIn(pair.prefix())
                    : rule().arpSender(pair.mac(), pair.prefix());
            rules.add(match.accept(table, chain));
        }
        fragment.regular(table, chain, rules);
        fragment.element(
                table,
                PAIRS,
                new SetElement(key(policy.device().value()), new SetElement.Value.To(new Verdict.Jump(chain))));
    }

    private static void sources(Fragment.Builder fragment, EndpointPolicy policy) {
        String device = policy.device().value();
        MacAddress mac = policy.mac();
        fragment.element(INET, MACS, SetElement.of(key(device, mac)));
        // the sender of an ARP probe (RFC 5227 §2.1.1)
        fragment.element(ARP, SOURCES_4, SetElement.of(key(device, mac, UNSPECIFIED_4.address())));
        policy.addresses().forEach(address -> source(fragment, device, mac, address.address()));
        for (AddressPair pair : policy.pairs()) {
            fragment.element(INET, MACS, SetElement.of(key(device, pair.mac())));
            if (pair.prefix().isHost()) {
                source(fragment, device, pair.mac(), pair.prefix().address());
            }
        }
    }

    private static void source(Fragment.Builder fragment, String device, MacAddress mac, IpAddress address) {
        SetElement element = SetElement.of(key(device, mac, address));
        fragment.element(INET, address.isIpv4() ? SOURCES_4 : SOURCES_6, element);
        if (address.isIpv4()) {
            fragment.element(ARP, SOURCES_4, element);
        }
    }

    /// The part of an interface through which nothing passes.
    public Fragment blocked(Plane plane, InterfaceName device) {
        var fragment = new Fragment.Builder();
        plane.tables().forEach(table -> known(fragment, table, device));
        return fragment.build();
    }

    private static void counted(
            Fragment.Builder fragment, TableId table, String map, InterfaceName device, String counter) {
        fragment.counter(table, counter);
        fragment.element(table, map, new SetElement(key(device.value()), new SetElement.Value.CountedBy(counter)));
    }
}
