package slash32.bgp.speaker.monitor;

import java.nio.file.Path;
import java.time.Duration;

/// Which MRT files are written, and where.
///
/// @param tableEvery between two dumps of the table; zero for none
/// @param updatesEvery what peers say is logged, in a new file every so often; zero for no log
/// @param keep how many files of each kind stay; older ones are removed
public record MrtFiles(Path folder, Duration tableEvery, Duration updatesEvery, int keep) {}
