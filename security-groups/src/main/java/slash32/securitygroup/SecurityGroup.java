package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import slash32.net.Prefix;

/// A named list of rules: what any one of them lets pass, passes; replies to what passed do too, if it is
/// stateful.
///
/// @param name for people, at most 255 characters
/// @param stateful an endpoint's groups are either all stateful or none
/// @param addresses members that no endpoint has: what Neutron calls an address group; at most 1000, none twice
/// @param rules at most 10000; no id twice, none that lets the same pass as another
public record SecurityGroup(GroupId id, String name, boolean stateful, List<Prefix> addresses, List<Rule> rules) {
    public static final int MAX_ADDRESSES = 1_000;
    public static final int MAX_RULES = 10_000;
    public static final int MAX_NAME_LENGTH = 255;

    public SecurityGroup {
        addresses = List.copyOf(addresses);
        rules = List.copyOf(rules);
        require(
                name.length() <= MAX_NAME_LENGTH,
                "name",
                "must be at most " + MAX_NAME_LENGTH + " characters, was " + name.length());
        require(
                addresses.size() <= MAX_ADDRESSES,
                "addresses",
                "must be at most " + MAX_ADDRESSES + " prefixes, were " + addresses.size());
        var seen = new HashSet<Prefix>();
        for (Prefix prefix : addresses) {
            require(seen.add(prefix), "addresses", "is there twice: " + prefix);
        }
        require(rules.size() <= MAX_RULES, "rules", "must be at most " + MAX_RULES + ", were " + rules.size());
        var ids = new HashMap<String, Integer>();
        var meanings = new HashMap<Rule, Integer>();
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            Integer sameId = ids.putIfAbsent(rule.id(), i);
            require(
                    sameId == null,
                    "rules[" + i + "].id",
                    "'" + rule.id() + "' is also the id of rules[" + sameId + "]");
            Integer same = meanings.putIfAbsent(rule.withId("-"), i);
            require(same == null, "rules[" + i + "]", "lets the same packets pass as rules[" + same + "]");
        }
    }

    /// A stateful group without addresses of its own.
    public SecurityGroup(GroupId id, String name, List<Rule> rules) {
        this(id, name, true, List.of(), rules);
    }
}
