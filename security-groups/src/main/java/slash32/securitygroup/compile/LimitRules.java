package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Keys.key;
import static slash32.securitygroup.compile.Layout.CONNECTIONS_FROM;
import static slash32.securitygroup.compile.Layout.CONNECTIONS_TO;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.LIMIT_CONNECTIONS;
import static slash32.securitygroup.compile.Layout.LIMIT_FROM;
import static slash32.securitygroup.compile.Layout.LIMIT_TO;
import static slash32.securitygroup.compile.Layout.PACKETS_FROM;
import static slash32.securitygroup.compile.Layout.PACKETS_TO;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.PacketLimit;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Content;
import slash32.netlink.netfilter.SetType.Field;
import slash32.securitygroup.Direction;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.Rate;

/// What passes at all, of endpoints with limits: an element for each, with its own token bucket. The chains are there
/// while an endpoint has limits, so that no packet of a host without them pays for it.
///
/// ```
/// prerouting   limit_from         before all else of a guest's packet, forged or not
/// forward      limit_connections  the first packet of a flow that the rules of both ends let pass
/// postrouting  limit_to           what is really sent to a guest
/// ```
public final class LimitRules {
    /// All but the elements, which are endpoints'.
    public static final Fragment SHARED = shared();

    private LimitRules() {}

    private static Fragment shared() {
        var fragment = new Fragment.Builder();
        for (String set : Layout.LIMIT_SETS) {
            fragment.set(new NftSet(INET, set, new SetType(List.of(Field.INTERFACE_NAME), Content.LIMITED)));
        }
        return fragment.base(
                        INET,
                        LIMIT_FROM,
                        new Hook(Hook.Point.PREROUTING, Layout.PRIORITY_RAW - 1),
                        List.of(rule().inputIn(PACKETS_FROM)
                                .drop(INET, LIMIT_FROM, DropReason.PACKET_RATE, Direction.EGRESS)))
                .base(
                        INET,
                        LIMIT_CONNECTIONS,
                        new Hook(Hook.Point.FORWARD, Layout.PRIORITY_STAMP + 1),
                        List.of(
                                rule().confirmed().accept(INET, LIMIT_CONNECTIONS),
                                rule().inputIn(CONNECTIONS_FROM)
                                        .drop(INET, LIMIT_CONNECTIONS, DropReason.CONNECTION_RATE, Direction.EGRESS),
                                rule().outputIn(CONNECTIONS_TO)
                                        .drop(INET, LIMIT_CONNECTIONS, DropReason.CONNECTION_RATE, Direction.INGRESS)))
                .base(
                        INET,
                        LIMIT_TO,
                        new Hook(Hook.Point.POSTROUTING, Layout.PRIORITY_FILTER),
                        List.of(rule().outputIn(PACKETS_TO)
                                .drop(INET, LIMIT_TO, DropReason.PACKET_RATE, Direction.INGRESS)))
                .build();
    }

    /// True if the chain is one of {@link #SHARED}.
    public static boolean isChain(NftChain chain) {
        return SHARED.chains().containsKey(chain);
    }

    /// True if the set is one of {@link #SHARED}.
    public static boolean isSet(NftSet set) {
        return SHARED.sets().contains(set);
    }

    /// An endpoint's elements.
    static void add(Fragment.Builder fragment, EndpointPolicy policy) {
        policy.limits().forEach((direction, limit) -> {
            boolean from = direction == Direction.EGRESS;
            element(fragment, policy, from ? PACKETS_FROM : PACKETS_TO, limit.packets());
            element(fragment, policy, from ? CONNECTIONS_FROM : CONNECTIONS_TO, limit.connections());
        });
    }

    private static void element(Fragment.Builder fragment, EndpointPolicy policy, String set, @Nullable Rate rate) {
        if (rate != null) {
            var over = new PacketLimit(rate.perSecond(), rate.burst(), true);
            fragment.element(
                    INET, set, new SetElement(key(policy.device().value()), new SetElement.Value.Limited(over)));
        }
    }
}
