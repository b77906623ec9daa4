package slash32.agent.api;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;
import slash32.agent.api.http.Admission;
import slash32.agent.api.http.Caller;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.RequestHandler;
import slash32.agent.api.http.Response;
import slash32.tap.gateway.TokenBucket;

/// Who may call the API, and how often. Owned by the event loop of its server.
public final class Callers {
    private static final long ROOT = 0;
    private static final int BURST_SECONDS = 2;

    private final RequestHandler api;
    private final Access access;
    private final IntConsumer refused;
    private final Map<Long, TokenBucket> buckets = new HashMap<>();

    /// Callers of {@code api}.
    ///
    /// @param refused told the status of each request that was refused before it was handled
    public Callers(RequestHandler api, Access access, IntConsumer refused) {
        this.api = api;
        this.access = access;
        this.refused = refused;
    }

    /// Who may call.
    ///
    /// @param users their ids, beside root
    /// @param groups whose members may; with neither, whoever may open the socket may call
    /// @param requestsPerSecond of one user, in the long run
    public record Access(Set<Long> users, Set<Long> groups, int requestsPerSecond) {
        public Access {
            users = Set.copyOf(users);
            groups = Set.copyOf(groups);
        }

        /// True if the socket's mode decides.
        public boolean isBySocket() {
            return users.isEmpty() && groups.isEmpty();
        }

        boolean permits(Caller caller) {
            return isBySocket()
                    || caller.user() == ROOT
                    || users.contains(caller.user())
                    || caller.groups().stream().anyMatch(groups::contains);
        }
    }

    /// What answers a connection of {@code caller}.
    public RequestHandler of(Caller caller) {
        return new Called(caller);
    }

    private final class Called implements RequestHandler {
        private final Caller caller;

        Called(Caller caller) {
            this.caller = caller;
        }

        @Override
        public Admission admit(String method, List<String> path) {
            if (!access.permits(caller)) {
                return new Admission.Refused(refused(
                        403,
                        "user %d (process %d) may not call: it is not root, not one of api.users, not in one of api.groups"
                                .formatted(caller.user(), caller.process())));
            }
            int most = access.requestsPerSecond();
            boolean inTime = buckets.computeIfAbsent(caller.user(), _ -> new TokenBucket(most, most * BURST_SECONDS))
                    .take(System.nanoTime());
            return inTime
                    ? api.admit(method, path)
                    : new Admission.Refused(
                            refused(429, "user %d asks more than %d times a second".formatted(caller.user(), most))
                                    .later());
        }

        @Override
        public Response handle(Request request) throws InterruptedException {
            return api.handle(request);
        }

        @Override
        public Response.Whole refused(int status, String detail) {
            refused.accept(status);
            return api.refused(status, detail);
        }
    }
}
