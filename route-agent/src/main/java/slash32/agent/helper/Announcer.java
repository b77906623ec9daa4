package slash32.agent.helper;

import java.util.Collection;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// Who decides on what processes want announced: {@link slash32.agent.intent.Intent}, on its own thread.
public interface Announcer {
    /// Announces a route, and waits until that is decided.
    ///
    /// @return why not; null if it is announced
    @Nullable
    String announce(String process, Prefix prefix, PathAttributes attributes) throws InterruptedException;

    /// Takes back what {@code process} has announced of these.
    void retract(String process, Collection<Prefix> prefixes);
}
