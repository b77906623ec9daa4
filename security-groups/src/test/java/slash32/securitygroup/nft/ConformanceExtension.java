package slash32.securitygroup.nft;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import slash32.securitygroup.EtherType;

/// Holds the tests of a class to what {@code docs/security-groups.md} says of them: a method that is named there,
/// with all its parameters, has to send packets of the families that its line says.
final class ConformanceExtension implements BeforeEachCallback, AfterEachCallback, AfterAllCallback {
    private static final ThreadLocal<Set<EtherType>> SENT =
            ThreadLocal.withInitial(() -> EnumSet.noneOf(EtherType.class));
    private static final int ARP = 0x0806;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    private final Map<String, Set<EtherType>> byMethod = new TreeMap<>();
    private boolean failed;

    /// Notes a frame that the running test sends.
    static void sent(byte[] frame) {
        switch (((frame[12] & 0xff) << 8) | (frame[13] & 0xff)) {
            case IPV4, ARP -> SENT.get().add(EtherType.IPV4);
            case IPV6 -> SENT.get().add(EtherType.IPV6);
            default -> {} // nothing that a line could be about
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        SENT.get().clear();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        failed |= context.getExecutionException().isPresent();
        byMethod.computeIfAbsent(context.getRequiredTestMethod().getName(), _ -> EnumSet.noneOf(EtherType.class))
                .addAll(SENT.get());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        ConformanceTable table = ConformanceTable.read();
        String type = context.getRequiredTestClass().getSimpleName();
        byMethod.forEach((method, sent) -> {
            Set<EtherType> said = table.families(type, method);
            if (!failed && !sent.containsAll(said)) {
                throw new AssertionError("%s says that %s.%s sends packets of %s, it sent those of %s"
                        .formatted(ConformanceTable.PAGE, type, method, said, sent));
            }
        });
    }
}
