package slash32.netlink.socket;

/// Something that poll(2) can wait for until it can be read.
public interface Pollable {
    /// The file descriptor, as long as it is open.
    int descriptor();
}
