package slash32.testkit;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Gives each test a network namespace of its own; see {@link InNetns}.
final class NetnsExtension implements BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace STORE = ExtensionContext.Namespace.create(NetnsExtension.class);

    @Override
    public void beforeEach(ExtensionContext context) {
        Requirement.root();
        context.getStore(STORE).put("outer", Netns.enterFresh());
        Command.run("ip", "link", "set", "lo", "up");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Netns outer = context.getStore(STORE).remove("outer", Netns.class);
        if (outer != null) {
            outer.enter();
        }
    }
}
