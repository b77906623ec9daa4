package slash32.securitygroup.compile;

import java.util.ArrayList;
import java.util.List;
import slash32.net.Bytes;
import slash32.netlink.netfilter.Expression;
import slash32.netlink.netfilter.Expression.Compare;
import slash32.netlink.netfilter.Expression.Meta;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.TableId;

/// What was compiled for routed packets, for frames between the ports of a bridge: the same chains, sets and elements
/// in the table of that family, where a packet's family is its frame's ethertype.
final class BridgedRules {
    static final Bytes IPV4 = Bytes.fromHex("0800");
    static final Bytes IPV6 = Bytes.fromHex("86dd");

    private BridgedRules() {}

    static Fragment of(Fragment routed) {
        var bridged = new Fragment.Builder();
        routed.counters().forEach(counter -> bridged.counter(moved(counter.table()), counter.name()));
        routed.sets().forEach(set -> bridged.set(new NftSet(moved(set.table()), set.name(), set.type())));
        routed.chains()
                .forEach((chain, rules) -> bridged.chain(
                        new NftChain(moved(chain.table()), chain.name(), chain.hook()),
                        rules.stream().map(BridgedRules::moved).toList()));
        routed.elements().forEach(placed -> bridged.element(moved(placed.table()), placed.set(), placed.element()));
        return bridged.build();
    }

    private static TableId moved(TableId table) {
        return table.equals(Layout.INET) ? Layout.BRIDGE : table;
    }

    private static NftRule moved(NftRule rule) {
        List<Expression> expressions = new ArrayList<>(rule.expressions());
        for (int i = 0; i + 1 < expressions.size(); i++) {
            if (expressions.get(i) instanceof Meta(var key, int register)
                    && key == Meta.Key.NETWORK_PROTOCOL
                    && expressions.get(i + 1) instanceof Compare(int compared, var operator, var family)
                    && compared == register) {
                Bytes etherType = family.unsignedAt(0) == Statements.NFPROTO_IPV4 ? IPV4 : IPV6;
                expressions.set(i, new Meta(Meta.Key.ETHER_TYPE, register));
                expressions.set(i + 1, new Compare(register, operator, etherType));
            }
        }
        return new NftRule(moved(rule.table()), rule.chain(), expressions, rule.comment());
    }
}
