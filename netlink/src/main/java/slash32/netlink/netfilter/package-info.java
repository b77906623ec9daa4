/// nf_tables as values and messages: tables, chains, sets, elements, rules, counters, and batches of them.
///
/// Not a rule compiler and not the transaction logic. Follows linux/netfilter/nf_tables.h and what {@code nft} sends.
/// Every value is built into requests and parsed from the kernel's dumps. Pure: no I/O, no clock. Entry types:
/// {@link slash32.netlink.netfilter.Nftables}, {@link slash32.netlink.netfilter.NftRule}.
@NullMarked
package slash32.netlink.netfilter;

import org.jspecify.annotations.NullMarked;
