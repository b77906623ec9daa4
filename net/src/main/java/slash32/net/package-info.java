/// Values that every other module speaks in: addresses, prefixes, MACs, AS numbers, VNIs, interface names, bytes.
///
/// Not a place for logic that belongs to one feature. Pure: no I/O, no clock. Entry types: {@link slash32.net.Prefix},
/// {@link slash32.net.IpAddress}.
@NullMarked
package slash32.net;

import org.jspecify.annotations.NullMarked;
