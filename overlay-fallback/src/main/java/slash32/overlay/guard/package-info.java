/// What keeps packets between sites from crossing in the clear, whatever IKE, the routes or the agent do: a table of
/// rules, and routes under all others.
///
/// Not the encryption, which it does not ask. Entry type: {@link slash32.overlay.guard.SiteGuard}, owned by thread
/// `mesh`.
@NullMarked
package slash32.overlay.guard;

import org.jspecify.annotations.NullMarked;
