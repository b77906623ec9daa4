package slash32.agent.config;

import java.io.IOException;
import java.nio.file.Path;
import slash32.bgp.speaker.TcpAo;
import slash32.net.IpAddress;

/// What signs the segments of a peer's connections; the key is in a file.
public sealed interface PeerKey {
    Path file();

    /// TCP MD5 (RFC 2385).
    record Md5(Path file) implements PeerKey {}

    /// TCP-AO (RFC 5925).
    ///
    /// @param sendId KeyID of our segments
    /// @param receiveId KeyID of the peer's
    record Ao(Path file, TcpAo.Algorithm algorithm, int sendId, int receiveId) implements PeerKey {
        /// The key, which the kernel takes.
        ///
        /// @throws IOException naming the file that can't be read, or the peer if the kernel refuses its key
        public TcpAo read(IpAddress peer) throws IOException {
            var key = new TcpAo(PasswordFile.read(file), algorithm, sendId, receiveId);
            try {
                key.require();
            } catch (IOException e) {
                throw new IOException("peer " + peer + ": tcpAo: " + e.getMessage(), e);
            }
            return key;
        }
    }

    /// Says now what is wrong with the key.
    ///
    /// @throws IOException as {@link Ao#read} does
    default void check(IpAddress peer) throws IOException {
        switch (this) {
            case Md5(Path file) -> PasswordFile.read(file);
            case Ao ao -> ao.read(peer);
        }
    }
}
