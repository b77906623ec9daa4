package slash32.lab.bench;

import java.io.IOException;
import java.io.PrintStream;
import slash32.lab.runner.Installation;
import slash32.lab.runner.Lab;

/// The lab of a benchmark.
final class BenchLab {
    private BenchLab() {}

    /// What is done while it is up.
    interface Work {
        void run(Lab lab) throws IOException;
    }

    /// Brings {@code topology} up, does {@code work}, and takes it down again.
    ///
    /// @param topology relative to the installation
    static void whileUp(String topology, PrintStream out, Work work) throws IOException {
        var lab = new Lab(Installation.find().home().resolve(topology), null, false, out);
        lab.down(false); // what a run that was killed has left
        try {
            lab.up(false);
            work.run(lab);
        } finally {
            lab.down(false);
        }
    }
}
