package slash32.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/// Runs each test of a class, with its BeforeEach and AfterEach, in a fresh network namespace with loopback up.
///
/// The namespace belongs to the test's thread: sockets it opens, programs it starts and threads it creates are inside.
/// Needs root: without it the test is aborted with that reason, or fails where {@code CI=true}. Group "kernel".
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Tag("kernel")
@ExtendWith(NetnsExtension.class)
public @interface InNetns {}
