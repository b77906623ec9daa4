package slash32.agent.status;

import java.util.List;
import slash32.net.TableSize;

/// What the process's memory is used for.
///
/// @param tables that grow with routes, members and endpoints; they are on the heap
/// @param areas of the JVM beside its heap
public record MemoryView(List<TableSize> tables, Heap heap, List<Area> areas, Resident resident) {
    public MemoryView {
        tables = List.copyOf(tables);
        areas = List.copyOf(areas);
    }

    /// The heap, in octets.
    ///
    /// @param used by objects, also those that nobody refers to any more
    /// @param committed what the JVM has of the system
    public record Heap(long used, long committed, long max) {}

    /// Memory that the JVM has of the system, in octets.
    public record Area(String name, long octets) {}

    /// What the kernel counts as resident, in octets.
    ///
    /// @param anonymous not backed by a file
    /// @param peak the most so far
    public record Resident(long octets, long anonymous, long file, long peak) {}

    /// All tables' arrays.
    public long tableOctets() {
        return tables.stream().mapToLong(table -> Math.max(0, table.octets())).sum();
    }

    /// What is used on the heap besides the tables' arrays.
    public long otherObjects() {
        return Math.max(0, heap.used - tableOctets());
    }

    /// What is resident beyond the heap and the other areas: libraries, the class archive, stacks, the collector's own.
    public long rest() {
        long known = heap.committed + areas.stream().mapToLong(Area::octets).sum();
        return Math.max(0, resident.octets - known);
    }
}
