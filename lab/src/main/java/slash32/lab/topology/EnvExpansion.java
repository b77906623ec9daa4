package slash32.lab.topology;

import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Replaces environment variables in a topology's text, before it is YAML, as upstream does.
///
/// `$V` and `${V}` stay as they are where V isn't set; `${V:-d}` and `${V:=d}` are then d; `${V:+x}` is x where V
/// is set and not empty; `$$` is one `$`.
final class EnvExpansion {
    private static final Pattern REFERENCE =
            Pattern.compile("\\$(?:(\\$)|([A-Za-z_]\\w*)|\\{([A-Za-z_]\\w*)(?::([-=+])([^}]*))?\\})");

    private EnvExpansion() {}

    static String expand(String text, Map<String, String> env) {
        return REFERENCE.matcher(text).replaceAll(match -> Matcher.quoteReplacement(replacement(match, env)));
    }

    private static String replacement(MatchResult match, Map<String, String> env) {
        if (match.group(1) != null) {
            return "$";
        }
        String name = match.group(2) == null ? match.group(3) : match.group(2);
        String value = oneLine(env.getOrDefault(name, ""));
        return switch (match.group(4)) {
            case null -> env.containsKey(name) ? value : match.group();
            case "+" -> value.isEmpty() ? "" : match.group(5);
            default -> value.isEmpty() ? match.group(5) : value;
        };
    }

    /// So that every line keeps its number.
    private static String oneLine(String value) {
        return value.replace('\n', ' ');
    }
}
