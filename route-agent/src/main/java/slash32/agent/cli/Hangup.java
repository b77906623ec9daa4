package slash32.agent.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/// SIGHUP, which ends a JVM that doesn't take it.
///
/// By reflection, because {@code sun.misc.Signal} has no supported twin and a compiler that takes warnings for errors
/// can't be told to let it pass.
final class Hangup {
    private Hangup() {}

    /// Runs {@code action} on a thread of the JVM at each SIGHUP.
    static void onSignal(Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object hup = signal.getConstructor(String.class).newInstance("HUP");
            Object handle = Proxy.newProxyInstance(
                    Hangup.class.getClassLoader(), new Class<?>[] {handler}, (proxy, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            action.run();
                        }
                        return method.getName().equals("equals") ? proxy == arguments[0] : null;
                    });
            signal.getMethod("handle", signal, handler).invoke(null, hup, handle);
        } catch (ClassNotFoundException
                | NoSuchMethodException
                | InstantiationException
                | IllegalAccessException
                | InvocationTargetException e) {
            throw new IllegalStateException("this JVM has no sun.misc.Signal (module jdk.unsupported)", e);
        }
    }
}
