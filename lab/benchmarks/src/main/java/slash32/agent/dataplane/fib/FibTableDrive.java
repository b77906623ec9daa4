package slash32.agent.dataplane.fib;

import java.util.function.IntToLongFunction;

/// Does with a table what {@link FibWriter} does, where the kernel takes everything.
public final class FibTableDrive {
    private static final int NEXT_HOPS = 1_000;

    private final FibTable table = new FibTable(true, new NexthopObjects());

    /// States {@code routes} IPv4 routes and works off the queue.
    ///
    /// @return how many had to be written
    public int stateAndWrite(int routes, IntToLongFunction high) {
        for (int i = 0; i < routes; i++) {
            int number = table.add(high.applyAsLong(i), 0, 32);
            table.desire(number, 1 + i % NEXT_HOPS);
            table.touch(number);
        }
        int written = 0;
        while (table.hasQueued()) {
            int number = table.takeQueued();
            int id = NexthopObjects.FIRST_ID + table.desired(number);
            if (table.owned(number) != id) {
                table.own(number, id);
                written++;
            }
        }
        return written;
    }
}
