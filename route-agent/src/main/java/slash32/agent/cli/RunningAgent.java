package slash32.agent.cli;

import java.io.IOException;
import java.util.List;

/// The agent, or another program of that kind, as the command line runs it; a seam, so that the command is tested
/// without a kernel.
///
/// @param <C> its configuration
public interface RunningAgent<C> extends AutoCloseable {

    /// Starts every thread and comes back.
    void start() throws IOException;

    /// Takes a new configuration.
    ///
    /// @return the keys that need a restart and so stay as they were
    /// @throws IOException if nothing of it was taken
    List<String> reload(C config) throws IOException;

    /// A new configuration was refused: the old one stays.
    void reloadRefused();

    /// Ends every thread; what is in the kernel stays.
    @Override
    void close();

    /// Makes an agent that doesn't run yet.
    @FunctionalInterface
    interface Factory<C> {
        RunningAgent<C> create(C config, String version) throws IOException;
    }
}
