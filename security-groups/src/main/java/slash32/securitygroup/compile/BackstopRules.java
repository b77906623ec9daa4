package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.BACKSTOP;
import static slash32.securitygroup.compile.Layout.FORWARD;
import static slash32.securitygroup.compile.Layout.GUESTS;
import static slash32.securitygroup.compile.Layout.INPUT;
import static slash32.securitygroup.compile.Layout.OUTPUT;
import static slash32.securitygroup.compile.Layout.PREROUTING;
import static slash32.securitygroup.compile.Layout.PRIORITY_FILTER;
import static slash32.securitygroup.compile.Layout.PRIORITY_FORWARD;
import static slash32.securitygroup.compile.Layout.PRIORITY_RAW;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.ArrayList;
import java.util.List;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Field;
import slash32.securitygroup.Direction;

/// A table of its own that drops, in each hook, what comes from or goes to a guest and was not judged by our rules
/// because somebody removed them. Its set of guests is empty.
final class BackstopRules {
    private BackstopRules() {}

    static Fragment of(List<String> guestPrefixes) {
        var fragment = new Fragment.Builder();
        fragment.set(new NftSet(BACKSTOP, GUESTS, SetType.setOf(Field.INTERFACE_NAME)));
        base(fragment, PREROUTING, new Hook(Hook.Point.PREROUTING, PRIORITY_RAW + 1), from(guestPrefixes, PREROUTING));
        base(fragment, INPUT, new Hook(Hook.Point.INPUT, PRIORITY_FILTER + 1), from(guestPrefixes, INPUT));
        var both = new ArrayList<>(from(guestPrefixes, FORWARD));
        both.addAll(to(guestPrefixes, FORWARD));
        base(fragment, FORWARD, new Hook(Hook.Point.FORWARD, PRIORITY_FORWARD + 1), both);
        base(fragment, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FILTER + 1), to(guestPrefixes, OUTPUT));
        return fragment.build();
    }

    private static void base(Fragment.Builder fragment, String chain, Hook hook, List<NftRule> rules) {
        var all = new ArrayList<>(rules);
        all.add(rule().forgetJudged().rule(BACKSTOP, chain));
        fragment.base(BACKSTOP, chain, hook, all);
    }

    private static List<NftRule> from(List<String> guestPrefixes, String chain) {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().inputIn(GUESTS).ifNotJudged(Direction.EGRESS).drop(BACKSTOP, chain));
        for (String prefix : guestPrefixes) {
            rules.add(rule().inputPrefix(prefix).ifNotJudged(Direction.EGRESS).drop(BACKSTOP, chain));
        }
        return rules;
    }

    private static List<NftRule> to(List<String> guestPrefixes, String chain) {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().outputIn(GUESTS).ifNotJudged(Direction.INGRESS).drop(BACKSTOP, chain));
        for (String prefix : guestPrefixes) {
            rules.add(rule().outputPrefix(prefix).ifNotJudged(Direction.INGRESS).drop(BACKSTOP, chain));
        }
        return rules;
    }
}
