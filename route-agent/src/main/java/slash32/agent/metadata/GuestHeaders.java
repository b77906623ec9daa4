package slash32.agent.metadata;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/// Which of a guest's headers its request keeps on its way to the upstream.
///
/// None that says who it is: no X- header but those of EC2's session tokens. Servers that take an underscore for a dash
/// (WSGI) must not be told otherwise that way. None that is about the connection (RFC 9110 §7.6.1).
final class GuestHeaders {
    private static final Set<String> DROPPED = Set.of(
            "connection",
            "content-length",
            "expect",
            "forwarded",
            "host",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "via");
    private static final Set<String> SESSION_TOKENS =
            Set.of("x-aws-ec2-metadata-token", "x-aws-ec2-metadata-token-ttl-seconds");

    private GuestHeaders() {}

    /// @param headers by names in lower case
    static Map<String, List<String>> passedOn(Map<String, List<String>> headers) {
        var ofConnection = new HashSet<String>();
        for (String list : headers.getOrDefault("connection", List.of())) {
            for (String name : list.split(",", -1)) {
                ofConnection.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        var passed = new HashMap<String, List<String>>();
        headers.forEach((name, values) -> {
            if (!ofConnection.contains(name) && isPassedOn(name)) {
                passed.put(name, values);
            }
        });
        return passed;
    }

    private static boolean isPassedOn(String name) {
        String dashed = name.replace('_', '-');
        return SESSION_TOKENS.contains(name)
                || !(DROPPED.contains(dashed) || dashed.startsWith("x-") || dashed.startsWith("proxy-"));
    }
}
