package slash32.agent.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.api.http.Admission;
import slash32.agent.api.http.Caller;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.api.http.RequestHandler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

class CallersTest {
    private static final Callers.Access LISTED = new Callers.Access(Set.of(107L), Set.of(64055L), 1000);

    private final List<Integer> refused = new CopyOnWriteArrayList<>();
    private final Api api = new Api(new MemoryControl(), InstantSource.fixed(MemoryControl.START));

    private Callers callers(Callers.Access access) {
        return new Callers(api, access, refused::add);
    }

    private static int status(RequestHandler handler) {
        return switch (handler.admit("GET", List.of("v1", "healthz"))) {
            case Admission.Taken _ -> 200;
            case Admission.Refused(var answer) -> answer.status();
        };
    }

    private int status(Callers.Access access, long user, Long... groups) {
        return status(callers(access).of(new Caller(4711, user, Set.of(groups))));
    }

    @Test
    void rootAndWhoIsListedMayCall() {
        assertThat(status(LISTED, 0, 0L)).isEqualTo(200);
        assertThat(status(LISTED, 107, 107L)).isEqualTo(200);
        assertThat(status(LISTED, 1000, 1000L, 64055L)).isEqualTo(200);
        assertThat(refused).isEmpty();
        assertThat(status(LISTED, 1000, 1000L, 107L)).isEqualTo(403);
        assertThat(refused).containsExactly(403);
        assertThat(status(new Callers.Access(Set.of(), Set.of(), 1000), 1000, 1000L))
                .as("by the socket's mode")
                .isEqualTo(200);
    }

    @Test
    void oneWhoAsksTooOftenIsToldAndNobodyElseIs() {
        Callers callers = callers(new Callers.Access(Set.of(), Set.of(), 10));
        var answers = new ArrayList<Integer>();
        for (int i = 0; i < 100; i++) {
            // another connection each time: the limit is the user's
            answers.add(status(callers.of(new Caller(i, 1000, Set.of()))));
        }
        assertThat(answers.subList(0, 20)).containsOnly(200);
        assertThat(answers).contains(429);
        assertThat(refused).containsOnly(429);
        assertThat(status(callers.of(new Caller(1, 1001, Set.of())))).isEqualTo(200);
        var answer = ((Admission.Refused)
                        callers.of(new Caller(1, 1000, Set.of())).admit("GET", List.of("v1", "status")))
                .answer();
        assertThat(answer.headers()).containsEntry("Retry-After", "1");
        assertThat(new String(answer.body().toArray(), UTF_8))
                .contains("\"title\":\"Too many requests\"", "user 1000 asks more than 10 times a second");
    }

    /// What the kernel says of real processes.
    @Test
    @InNetns
    void theKernelVouchesForWhoCalls(@TempDir Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path socket = folder.resolve("agent.sock");
        try (var server = new HttpServer(Limits.DEFAULT)) {
            server.listenToAll(socket, callers(LISTED)::of);
            assertThat(ask(socket, "0", "0", "--clear-groups")).endsWith("{\"healthy\":true}\n");
            assertThat(ask(socket, "107", "107", "--clear-groups")).endsWith("{\"healthy\":true}\n");
            assertThat(ask(socket, "1000", "64055", "--clear-groups")).endsWith("{\"healthy\":true}\n");
            assertThat(ask(socket, "1000", "1000", "--groups=5,64055")).endsWith("{\"healthy\":true}\n");
            assertThat(refused).isEmpty();
            assertThat(ask(socket, "1000", "1000", "--groups=5,6"))
                    .startsWith("HTTP/1.1 403 Forbidden")
                    .containsPattern("user 1000 \\(process [0-9]+\\) may not call");
            assertThat(refused).containsExactly(403);
        }
    }

    private static String ask(Path socket, String user, String group, String groups) {
        return Command.run(
                "setpriv",
                "--reuid",
                user,
                "--regid",
                group,
                groups,
                "curl",
                "-sSi",
                "--unix-socket",
                socket.toString(),
                "http://localhost/v1/healthz");
    }
}
