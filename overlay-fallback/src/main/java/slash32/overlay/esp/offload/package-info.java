/// Segmentation and its reverse in user space: what the host gives as one packet of 64 KiB leaves as many, and what
/// comes as many is given to it as one (linux/virtio_net.h; Linux, Documentation/networking/segmentation-offloads).
///
/// No ESP, no sockets. Pure. Entry types: {@link slash32.overlay.esp.offload.Segmenter}, {@link
/// slash32.overlay.esp.offload.Coalescer}.
@NullMarked
package slash32.overlay.esp.offload;

import org.jspecify.annotations.NullMarked;
