package slash32.agent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The API's socket, and who may call there.
///
/// @param socket absolute path
/// @param users names or numbers; with no user and no group, whoever may open the socket may call
/// @param groups whose members may
/// @param requestsPerSecond of one user: 1 to 1,000,000
public record ApiConfig(Path socket, List<String> users, List<String> groups, int requestsPerSecond) {
    static final int DEFAULT_REQUESTS_PER_SECOND = 1000;
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final Path GROUP = Path.of("/etc/group");

    public ApiConfig {
        users = List.copyOf(users);
        groups = List.copyOf(groups);
    }

    static ApiConfig at(Path socket) {
        return new ApiConfig(socket, List.of(), List.of(), DEFAULT_REQUESTS_PER_SECOND);
    }

    /// The users' numbers.
    ///
    /// @throws IOException if one isn't in passwd(5)
    public Set<Long> userIds() throws IOException {
        return numbers("api.users: no user", users, PASSWD);
    }

    /// The groups' numbers.
    ///
    /// @throws IOException if one isn't in group(5)
    public Set<Long> groupIds() throws IOException {
        return numbers("api.groups: no group", groups, GROUP);
    }

    /// Both files have the name in the first field and the number in the third.
    private static Set<Long> numbers(String complaint, List<String> names, Path file) throws IOException {
        var numbers = new HashSet<Long>();
        List<String> lines = names.isEmpty() ? List.of() : Files.readAllLines(file);
        for (String name : names) {
            numbers.add(
                    name.matches("[0-9]+")
                            ? Long.parseLong(name)
                            : lines.stream()
                                    .map(line -> line.split(":", -1))
                                    .filter(fields -> fields.length > 2 && fields[0].equals(name))
                                    .map(fields -> Long.parseLong(fields[2]))
                                    .findFirst()
                                    .orElseThrow(() -> new IOException(complaint + " '" + name + "' in " + file)));
        }
        return numbers;
    }

    void note(List<String> unlike, ApiConfig other) {
        AgentConfig.note(unlike, "api.socket", socket.equals(other.socket));
        AgentConfig.note(unlike, "api.users", users.equals(other.users));
        AgentConfig.note(unlike, "api.groups", groups.equals(other.groups));
        AgentConfig.note(unlike, "api.requestsPerSecond", requestsPerSecond == other.requestsPerSecond);
    }
}
