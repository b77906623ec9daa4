package slash32.overlay.esp.xfrm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import slash32.overlay.esp.path.Drop;

/// What the kernel's IPsec dropped in the calling thread's network namespace since this was made, by its counters
/// (networking/xfrm_proc in the kernel's documentation). Any thread.
final class KernelDrops {
    private static final Path COUNTERS = Path.of("/proc/thread-self/net/xfrm_stat");

    private static final Map<String, Drop> MEANINGS = Map.ofEntries(
            Map.entry("XfrmOutPolBlock", Drop.NO_SA),
            Map.entry("XfrmOutNoStates", Drop.NO_SA),
            Map.entry("XfrmOutStateSeqError", Drop.EXHAUSTED),
            Map.entry("XfrmOutError", Drop.NOT_SENT),
            Map.entry("XfrmOutBundleGenError", Drop.NOT_SENT),
            Map.entry("XfrmOutStateProtoError", Drop.NOT_SENT),
            Map.entry("XfrmInNoStates", Drop.UNKNOWN_SPI),
            Map.entry("XfrmInStateSeqError", Drop.REPLAYED),
            Map.entry("XfrmInStateProtoError", Drop.NOT_AUTHENTIC),
            Map.entry("XfrmInHdrError", Drop.MALFORMED),
            Map.entry("XfrmInStateMismatch", Drop.NOT_AGREED),
            Map.entry("XfrmInTmplMismatch", Drop.NOT_AGREED),
            Map.entry("XfrmInNoPols", Drop.NOT_AGREED),
            Map.entry("XfrmInPolBlock", Drop.NOT_AGREED),
            Map.entry("XfrmInError", Drop.DEVICE_REFUSED));

    private final Map<Drop, Long> before = read();
    private final LongAdder ikeBusy = new LongAdder();

    /// Nothing where the kernel doesn't count.
    private static Map<Drop, Long> read() {
        try {
            return meanings(Files.readAllLines(COUNTERS));
        } catch (IOException e) {
            return Map.of();
        }
    }

    /// What lines of a counter's name and number say.
    static Map<Drop, Long> meanings(List<String> lines) {
        var found = new EnumMap<Drop, Long>(Drop.class);
        for (String line : lines) {
            String[] words = line.split("\\s+", 0);
            Drop meaning = MEANINGS.get(words[0]);
            if (meaning != null && words.length > 1) {
                found.merge(meaning, Long.parseLong(words[1]), Long::sum);
            }
        }
        return found;
    }

    void countIkeBusy() {
        ikeBusy.increment();
    }

    Map<Drop, Long> all() {
        var all = new EnumMap<Drop, Long>(Drop.class);
        Map<Drop, Long> now = read();
        for (Drop why : Drop.values()) {
            all.put(why, now.getOrDefault(why, 0L) - before.getOrDefault(why, 0L));
        }
        all.put(Drop.IKE_BUSY, ikeBusy.sum());
        return all;
    }
}
