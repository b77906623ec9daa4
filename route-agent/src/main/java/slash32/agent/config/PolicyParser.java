package slash32.agent.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.Section.Field;
import slash32.bgp.policy.Change;
import slash32.bgp.policy.GracefulShutdown;
import slash32.bgp.policy.LongLived;
import slash32.bgp.policy.Match;
import slash32.bgp.policy.Policy;
import slash32.bgp.policy.Policy.Rule;
import slash32.bgp.policy.Policy.Then;
import slash32.bgp.policy.PrefixRange;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// Reads a policy: rules in order, each with what it asks for, what it sets and what then. What no rule decides is
/// rejected.
final class PolicyParser {
    private static final Pattern RANGE = Pattern.compile("(\\S+?)(?: ge (\\d{1,3}))?(?: le (\\d{1,3}))?");
    private static final Map<String, Integer> WELL_KNOWN = Map.of(
            "graceful-shutdown", GracefulShutdown.COMMUNITY,
            "no-export", 0xffff_ff01,
            "no-advertise", 0xffff_ff02,
            "no-export-subconfed", 0xffff_ff03,
            "blackhole", 0xffff_029a,
            "llgr-stale", LongLived.STALE,
            "no-llgr", LongLived.NOT_KEPT);

    private static final Scalar<PrefixRange> PREFIXES =
            text("a prefix, then ge LENGTH, le LENGTH", PolicyParser::range);
    private static final Scalar<Prefix> PREFIX = text("a prefix", Prefix::parse);
    private static final Scalar<Integer> COMMUNITY = text("AS:VALUE or a well-known name", PolicyParser::community);
    private static final Scalar<LargeCommunity> LARGE = text("AS:FUNCTION:VALUE", PolicyParser::large);
    private static final Scalar<ExtendedCommunity> EXTENDED =
            text("target:AS:VALUE, origin:AS:VALUE, target:IPV4:VALUE", PolicyParser::extended);
    private static final Scalar<Then> THEN = text("accept, reject, continue", PolicyParser::then);
    private static final Scalar<Long> UNSIGNED = number(0, 0xffff_ffffL);
    private static final Scalar<Long> TIMES = number(1, 10);
    private static final Scalar<Long> PATH_LENGTH = number(0, 255);

    private final @Nullable Asn own;

    /// A parser for a node of this AS, which is what it prepends.
    PolicyParser(@Nullable Asn own) {
        this.own = own;
    }

    @Nullable
    Rule rule(Section section) {
        Field<List<Match>> matches = section.optionalSection("match", PolicyParser::matches, List.of());
        Field<List<Change>> changes = section.optionalSection("set", this::changes, List.of());
        var then = section.required("then", THEN);
        return section.end() ? new Rule(matches.get(), changes.get(), then.get()) : null;
    }

    private static @Nullable List<Match> matches(Section section) {
        var prefixes = section.list("prefixes", PREFIXES, List.of());
        var communities = section.list("communities", COMMUNITY, List.of());
        var large = section.list("largeCommunities", LARGE, List.of());
        var extended = section.list("extendedCommunities", EXTENDED, List.of());
        var has = section.optional("asPathHas", Scalar.ASN);
        var from = section.optional("asPathFrom", Scalar.ASN);
        var atMost = section.optional("asPathAtMost", PATH_LENGTH);
        var nextHops = section.list("nextHops", PREFIX, List.of());
        if (!section.end()) {
            return null;
        }
        var matches = new ArrayList<Match>();
        add(matches, prefixes.get(), Match.PrefixIn::new);
        add(matches, communities.get(), any -> new Match.HasCommunity(Set.copyOf(any)));
        add(matches, large.get(), any -> new Match.HasLargeCommunity(Set.copyOf(any)));
        add(matches, extended.get(), any -> new Match.HasExtendedCommunity(Set.copyOf(any)));
        add(matches, has.value(), Match.AsPathHas::new);
        add(matches, from.value(), Match.AsPathFrom::new);
        add(matches, atMost.value(), length -> new Match.AsPathAtMost(length.intValue()));
        add(matches, nextHops.get(), Match.NextHopIn::new);
        return matches;
    }

    private @Nullable List<Change> changes(Section section) {
        var localPref = section.optional("localPref", UNSIGNED);
        var med = section.optional("med", UNSIGNED);
        var withoutMed = section.optional("withoutMed", Scalar.BOOLEAN, false);
        var nextHop = section.optional("nextHop", Scalar.ADDRESS);
        var prepend = section.optional("prepend", TIMES);
        var communities = edit(section, "ommunities", "C", COMMUNITY);
        var large = edit(section, "ommunities", "LargeC", LARGE);
        var extended = edit(section, "ommunities", "ExtendedC", EXTENDED);
        if (!section.end()) {
            return null;
        }
        var changes = new ArrayList<Change>();
        add(changes, localPref.value(), Change.LocalPref::new);
        add(changes, med.value(), Change.Med::new);
        if (withoutMed.get()) {
            changes.add(new Change.Med(PathAttributes.ABSENT));
        }
        add(changes, nextHop.value(), Change.NextHop::new);
        if (own != null && prepend.value() != null) {
            changes.add(new Change.Prepend(own, prepend.value().intValue()));
        }
        if (communities.isAny()) {
            changes.add(new Change.Communities(communities.removed(), communities.removesAll(), communities.added()));
        }
        if (large.isAny()) {
            changes.add(new Change.LargeCommunities(large.removed(), large.removesAll(), large.added()));
        }
        if (extended.isAny()) {
            changes.add(new Change.ExtendedCommunities(extended.removed(), extended.removesAll(), extended.added()));
        }
        return changes;
    }

    /// What becomes of one kind of communities: removeX, removeAllX, addX.
    private record Edit<T>(Set<T> removed, boolean removesAll, List<T> added) {
        boolean isAny() {
            return removesAll || !removed.isEmpty() || !added.isEmpty();
        }
    }

    private static <T> Edit<T> edit(Section section, String tail, String kind, Scalar<T> scalar) {
        var removed = section.list("remove" + kind + tail, scalar, List.of());
        var all = section.optional("removeAll" + kind + tail, Scalar.BOOLEAN, false);
        var added = section.list("add" + kind + tail, scalar, List.of());
        return new Edit<>(new HashSet<>(removed.or(List.of())), all.or(false), added.or(List.of()));
    }

    private static <T, V> void add(List<T> to, @Nullable V value, Function<V, T> made) {
        if (value != null && !(value instanceof List<?> list && list.isEmpty())) {
            to.add(made.apply(value));
        }
    }

    private static <T> Scalar<T> text(String allowed, Function<String, T> reader) {
        return new Scalar<>(Tag.STR, allowed, reader);
    }

    static Scalar<Long> number(long least, long most) {
        return new Scalar<>(Tag.INT, least + " to " + most, text -> within(Scalar.integer(text), least, most));
    }

    private static long within(long number, long least, long most) {
        if (number < least || number > most) {
            throw new IllegalArgumentException("out of range: " + number);
        }
        return number;
    }

    private static PrefixRange range(String text) {
        Matcher matcher = RANGE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a range of prefixes: '" + text + "'");
        }
        Prefix prefix = Prefix.parse(matcher.group(1));
        String ge = matcher.group(2);
        String le = matcher.group(3);
        int longest = prefix.isIpv4() ? 32 : 128;
        int least = ge == null ? prefix.length() : Integer.parseInt(ge);
        int most = le != null ? Integer.parseInt(le) : ge != null ? longest : prefix.length();
        return new PrefixRange(prefix, least, most);
    }

    private static int community(String text) {
        Integer known = WELL_KNOWN.get(text);
        if (known != null) {
            return known;
        }
        long[] parts = parts(text, text, 2, 0xffff);
        return (int) (parts[0] << 16 | parts[1]);
    }

    private static LargeCommunity large(String text) {
        long[] parts = parts(text, text, 3, 0xffff_ffffL);
        return new LargeCommunity(parts[0], parts[1], parts[2]);
    }

    private static ExtendedCommunity extended(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "" : text.substring(0, colon);
        String rest = text.substring(colon + 1);
        int last = rest.lastIndexOf(':');
        if (kind.equals("target") && last > 0 && rest.indexOf('.') >= 0) {
            long value = parts(text, "0:" + rest.substring(last + 1), 2, 0xffff)[1];
            return ExtendedCommunity.routeTarget(Ipv4Address.parse(rest.substring(0, last)), (int) value);
        }
        long[] parts = parts(text, rest, 2, 0xffff_ffffL);
        return switch (kind) {
            case "target" -> ExtendedCommunity.routeTarget(parts[0], parts[1]);
            case "origin" -> ExtendedCommunity.routeOrigin(parts[0], parts[1]);
            default -> throw new IllegalArgumentException("not an extended community: '" + text + "'");
        };
    }

    /// Numbers between colons.
    private static long[] parts(String whole, String text, int count, long most) {
        List<String> words = List.of(text.split(":", -1));
        if (words.size() != count || !words.stream().allMatch(word -> word.matches("\\d{1,10}"))) {
            throw new IllegalArgumentException("not a community: '" + whole + "'");
        }
        return words.stream()
                .mapToLong(word -> within(Long.parseLong(word), 0, most))
                .toArray();
    }

    private static Then then(String text) {
        return switch (text) {
            case "accept" -> Then.ACCEPT;
            case "reject" -> Then.REJECT;
            case "continue" -> Then.CONTINUE;
            default -> throw new IllegalArgumentException("not what can become of a route: '" + text + "'");
        };
    }

    /// The policy of these rules; null for none.
    static @Nullable Policy policy(@Nullable List<Rule> rules) {
        return rules == null ? null : new Policy(rules, false);
    }
}
