/// This node's address in the admin network, on a device of its own (docs/adr/0040).
///
/// Not who may speak to it, which is {@link slash32.overlay.guard.SiteGuard}'s. The device carries the alias
/// {@code admin network of slash32}. Entry type: {@link slash32.overlay.admin.AdminDevice}, owned by thread `mesh`.
@NullMarked
package slash32.overlay.admin;

import org.jspecify.annotations.NullMarked;
