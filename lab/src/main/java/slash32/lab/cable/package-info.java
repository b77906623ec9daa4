/// Guests without a hypervisor: a network namespace behind a TAP of its own, joined to the TAP that the agent made by
/// copying frames, as QEMU does between a TAP and a virtual NIC.
///
/// Not a virtual machine: the guest is this kernel's network stack. Linux tuntap with virtio_net_hdr. One thread
/// for each direction of each guest. Entry type: {@link slash32.lab.cable.Guest}.
@NullMarked
package slash32.lab.cable;

import org.jspecify.annotations.NullMarked;
