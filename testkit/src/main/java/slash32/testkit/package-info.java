/// What tests of every module share: the layer rules, {@link slash32.testkit.InNetns}, commands, seeds.
///
/// Test scope only; depends on no other module. Root and packages a test needs are named where it is skipped, and under
/// {@code CI=true} a missing one is a failure, never a skip.
@NullMarked
package slash32.testkit;

import org.jspecify.annotations.NullMarked;
