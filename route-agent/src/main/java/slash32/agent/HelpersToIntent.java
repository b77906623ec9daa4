package slash32.agent;

import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.agent.helper.Announcer;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// What helper processes want goes to `intent` like all else that is wanted.
record HelpersToIntent(IntentLoop intent) implements Announcer {
    @Override
    public @Nullable String announce(String process, Prefix prefix, PathAttributes attributes)
            throws InterruptedException {
        return intent.<Optional<String>>ask(
                        current -> Optional.ofNullable(current.announce(process, prefix, attributes)))
                .orElse(null);
    }

    @Override
    public void retract(String process, Collection<Prefix> prefixes) {
        intent.tell(current -> current.retract(process, prefixes));
    }
}
