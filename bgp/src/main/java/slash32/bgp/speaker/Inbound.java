package slash32.bgp.speaker;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollChannelOption;

/// Octets of one connection, on their way to the peer's session.
final class Inbound extends ChannelInboundHandlerAdapter {
    private final PeerSession session;
    private final ReceiveBuffer buffer = new ReceiveBuffer();

    Inbound(PeerSession session) {
        this.session = session;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf read = (ByteBuf) message;
        try {
            if (!session.knows(context.channel())) {
                return; // it is being closed
            }
            buffer.append(read);
        } finally {
            read.release();
        }
        session.received(context.channel(), buffer);
    }

    /// Acknowledges at once. A peer with Nagle's algorithm on (BIRD) keeps its next small UPDATE back until then, and
    /// the kernel may take 40 ms over it (tcp(7), TCP_QUICKACK, which does not last).
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (context.channel().isOpen()) {
            context.channel().config().setOption(EpollChannelOption.TCP_QUICKACK, true);
        }
    }

    /// In a task of its own: it is called within a flush.
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.channel().eventLoop().execute(() -> session.writable(context.channel()));
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        session.closed(context.channel(), "connection closed");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        session.closed(context.channel(), String.valueOf(cause.getMessage()));
        var _ = context.close();
        if (cause instanceof RuntimeException ours) {
            throw ours;
        }
    }
}
