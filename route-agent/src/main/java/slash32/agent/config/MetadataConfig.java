package slash32.agent.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Who knows of guests what their endpoints don't say.
///
/// @param upstream scheme, host and port of an HTTP service
/// @param secretFile absolute path of what is shared with it
/// @param timeout for a whole answer
public record MetadataConfig(URI upstream, Path secretFile, Duration timeout) {
    static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    static @Nullable MetadataConfig read(Section section) {
        var upstream = section.required("upstream", Scalar.HTTP_ADDRESS);
        var secret = section.required("secretFile", Scalar.ABSOLUTE_PATH);
        var timeout = section.optional("timeout", Scalar.ANSWER_TIME, DEFAULT_TIMEOUT);
        return section.end() ? new MetadataConfig(upstream.get(), secret.get(), timeout.get()) : null;
    }
}
