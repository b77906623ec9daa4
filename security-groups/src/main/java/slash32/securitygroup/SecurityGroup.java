package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import java.util.HashMap;
import java.util.List;

/// A named list of rules: what any one of them lets pass, passes; replies to what passed do too.
///
/// @param name for people, at most 255 characters
/// @param rules at most 10000; no id twice, none that lets the same pass as another
public record SecurityGroup(GroupId id, String name, List<Rule> rules) {
    public static final int MAX_RULES = 10_000;
    public static final int MAX_NAME_LENGTH = 255;

    public SecurityGroup {
        rules = List.copyOf(rules);
        require(
                name.length() <= MAX_NAME_LENGTH,
                "name",
                "must be at most " + MAX_NAME_LENGTH + " characters, was " + name.length());
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
}
