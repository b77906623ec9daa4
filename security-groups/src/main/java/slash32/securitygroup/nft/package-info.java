/// The compiled ruleset in the kernel's nf_tables, kept there by one transaction for each change.
///
/// Decides nothing about what may pass: that is {@code compile}. Touches only the tables {@code inet slash32},
/// {@code arp slash32} and, with groups at segments' ports, {@code bridge slash32_groups}. Entry type:
/// {@link slash32.securitygroup.nft.Firewall}, owned by the thread "kernel".
@NullMarked
package slash32.securitygroup.nft;

import org.jspecify.annotations.NullMarked;
