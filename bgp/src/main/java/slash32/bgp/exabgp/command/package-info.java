/// ExaBGP's text commands, as helper processes write them, and the octets that it sends for each.
///
/// Not an UPDATE as we would write it, which is {@link slash32.bgp.wire.UpdateEncoder}'s: ExaBGP's, with its order of
/// attributes and its defaults. Follows ExaBGP 4.2.21, and the "announce ipv4 unicast" forms of later ones. Pure: no
/// I/O, no clock. Entry types: {@link slash32.bgp.exabgp.command.CommandParser},
/// {@link slash32.bgp.exabgp.command.CommandEncoder}.
@NullMarked
package slash32.bgp.exabgp.command;

import org.jspecify.annotations.NullMarked;
