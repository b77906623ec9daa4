package slash32.agent;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.Problem;
import slash32.agent.files.EndpointFiles;
import slash32.agent.intent.StaticFile;
import slash32.agent.store.StateStore;

/// What files say goes to `intent` like all else that is wanted, and is kept: a file that is bad at the next start has
/// what it said before.
final class FilesToIntent implements EndpointFiles.Target {
    private final IntentLoop intent;
    private final StateStore store;

    FilesToIntent(IntentLoop intent, StateStore store) {
        this.intent = intent;
        this.store = store;
    }

    @Override
    public @Nullable Problem put(StaticFile file) throws InterruptedException {
        return intent.<Optional<Problem>>ask(current -> {
                    Problem problem = current.put(file, IntentLoop.now());
                    if (problem == null) {
                        store.put(file);
                    }
                    return Optional.ofNullable(problem);
                })
                .orElse(null);
    }

    @Override
    public void refuse(String name, String reason) {
        intent.tell(current -> current.refuse(name, reason));
    }
}
