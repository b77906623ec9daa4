/// Desired state against owned kernel state: a diff, one batch, an outcome for each object.
///
/// Not an event bus and not a database. Doctrine in docs/design/dataplane.md. Pure: the only I/O is behind
/// {@link slash32.reconcile.Table}; time is a parameter. Entry type: {@link slash32.reconcile.Reconciler}, owned by one
/// thread.
@NullMarked
package slash32.reconcile;

import org.jspecify.annotations.NullMarked;
