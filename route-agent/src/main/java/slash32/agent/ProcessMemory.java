package slash32.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import slash32.agent.status.MemoryView;
import slash32.net.TableSize;

/// This process's memory, as the JVM and the kernel count it.
final class ProcessMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long KIB = 1024;

    private ProcessMemory() {}

    /// All of it at this moment, with {@code tables} as their owners say.
    static MemoryView view(List<TableSize> tables) {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return new MemoryView(
                tables, new MemoryView.Heap(heap.getUsed(), heap.getCommitted(), heap.getMax()), areas(), resident());
    }

    private static List<MemoryView.Area> areas() {
        var octets = new TreeMap<String, Long>();
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.NON_HEAP) {
                // the code cache is in one pool or in three
                String name = pool.getName().startsWith("Code")
                        ? "code"
                        : pool.getName().toLowerCase(Locale.ROOT);
                octets.merge(name, pool.getUsage().getCommitted(), Long::sum);
            }
        }
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct")) {
                octets.put("direct buffers", pool.getMemoryUsed());
            }
        }
        var areas = new ArrayList<MemoryView.Area>();
        octets.forEach((name, size) -> areas.add(new MemoryView.Area(name, size)));
        return areas;
    }

    private static MemoryView.Resident resident() {
        Map<String, Long> octets = new HashMap<>();
        try {
            for (String line : Files.readAllLines(STATUS)) {
                String[] words = line.split("\\s+", -1);
                if (words.length == 3 && words[2].equals("kB")) {
                    octets.put(words[0], Long.parseLong(words[1]) * KIB);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the kernel does not say what is resident", e);
        }
        return new MemoryView.Resident(
                octets.getOrDefault("VmRSS:", 0L),
                octets.getOrDefault("RssAnon:", 0L),
                octets.getOrDefault("RssFile:", 0L),
                octets.getOrDefault("VmHWM:", 0L));
    }
}
