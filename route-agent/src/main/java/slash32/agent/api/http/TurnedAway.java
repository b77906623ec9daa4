package slash32.agent.api.http;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpVersion;

/// A connection for which there is no room: answered without a question, and closed.
final class TurnedAway extends ChannelInboundHandlerAdapter {
    private final Response.Whole answer;

    TurnedAway(Response.Whole answer) {
        this.answer = answer;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.writeAndFlush(Answer.whole(answer, HttpVersion.HTTP_1_1, false))
                .addListener(ChannelFutureListener.CLOSE);
    }
}
