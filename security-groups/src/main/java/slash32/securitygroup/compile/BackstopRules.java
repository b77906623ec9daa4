package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.BACKSTOP;
import static slash32.securitygroup.compile.Layout.FORWARD_FROM;
import static slash32.securitygroup.compile.Layout.FORWARD_TO;
import static slash32.securitygroup.compile.Layout.GUESTS;
import static slash32.securitygroup.compile.Layout.INPUT;
import static slash32.securitygroup.compile.Layout.OUTPUT;
import static slash32.securitygroup.compile.Layout.PREROUTING;
import static slash32.securitygroup.compile.Layout.PRIORITY_FILTER;
import static slash32.securitygroup.compile.Layout.PRIORITY_FROM;
import static slash32.securitygroup.compile.Layout.PRIORITY_RAW;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.ArrayList;
import java.util.List;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Field;

/// A table of its own that drops, in each hook, what comes from or goes to a guest and was not judged by our rules
/// because somebody removed them. Its set of guests is empty.
final class BackstopRules {
    private BackstopRules() {}

    static Fragment of(List<String> guestPrefixes) {
        var fragment = new Fragment.Builder();
        fragment.set(new NftSet(BACKSTOP, GUESTS, SetType.setOf(Field.INTERFACE_NAME)));
        fragment.base(
                BACKSTOP,
                PREROUTING,
                new Hook(Hook.Point.PREROUTING, PRIORITY_RAW + 1),
                stop(guestPrefixes, PREROUTING, true));
        fragment.base(
                BACKSTOP, INPUT, new Hook(Hook.Point.INPUT, PRIORITY_FILTER + 1), stop(guestPrefixes, INPUT, true));
        fragment.base(
                BACKSTOP,
                FORWARD_FROM,
                new Hook(Hook.Point.FORWARD, PRIORITY_FROM + 1),
                stop(guestPrefixes, FORWARD_FROM, true));
        fragment.base(
                BACKSTOP,
                FORWARD_TO,
                new Hook(Hook.Point.FORWARD, PRIORITY_FILTER + 1),
                stop(guestPrefixes, FORWARD_TO, false));
        fragment.base(
                BACKSTOP, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FILTER + 1), stop(guestPrefixes, OUTPUT, false));
        return fragment.build();
    }

    private static List<NftRule> stop(List<String> guestPrefixes, String chain, boolean input) {
        var rules = new ArrayList<NftRule>();
        Statements guests = input ? rule().inputIn(GUESTS) : rule().outputIn(GUESTS);
        rules.add(guests.ifNotJudged().drop(BACKSTOP, chain));
        for (String prefix : guestPrefixes) {
            Statements kept = input ? rule().inputPrefix(prefix) : rule().outputPrefix(prefix);
            rules.add(kept.ifNotJudged().drop(BACKSTOP, chain));
        }
        rules.add(rule().forgetJudged().rule(BACKSTOP, chain));
        return rules;
    }
}
