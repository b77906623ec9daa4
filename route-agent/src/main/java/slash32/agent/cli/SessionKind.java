package slash32.agent.cli;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import slash32.bgp.exabgp.Families;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;

/// The two kinds of session that a message can be of, named as on the command line.
enum SessionKind {
    ibgp,
    ebgp;

    /// Ours where nobody says another.
    static final Asn LOCAL_AS = new Asn(65533);

    /// The families of these names.
    ///
    /// @throws ParameterException naming one that there is not
    static Set<AddressFamily> families(Collection<String> names, CommandSpec spec) {
        var families = new HashSet<AddressFamily>();
        for (String name : names) {
            AddressFamily family = Families.named(name.replace(' ', '/'));
            if (family == null) {
                throw new ParameterException(
                        spec.commandLine(), "--add-path: there is no family '" + name + "', but " + Families.names());
            }
            families.add(family);
        }
        return families;
    }
}
