package slash32.agent.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// Sends one response from a thread that may block, and waits until the client took it.
final class Answer {
    private static final int CHUNK_BYTES = 32 * 1024;

    private final Channel channel;
    private final HttpVersion version;
    private final boolean keepAlive;
    private final boolean head;
    private final Duration writeTime;

    Answer(Channel channel, HttpRequest request, Duration writeTime) {
        this.channel = channel;
        this.version = request.protocolVersion();
        this.keepAlive = HttpUtil.isKeepAlive(request);
        this.head = request.method().name().equals("HEAD");
        this.writeTime = writeTime;
    }

    /// Sends {@code response}; true if the connection can take another request.
    boolean send(Response response) throws IOException, InterruptedException {
        return switch (response) {
            case Response.Whole whole -> {
                await(channel.writeAndFlush(whole(whole, version, keepAlive)));
                yield keepAlive;
            }
            case Response.Streamed streamed -> stream(streamed);
        };
    }

    static FullHttpResponse whole(Response.Whole response, HttpVersion version, boolean keepAlive) {
        ByteBuf body = Unpooled.wrappedBuffer(response.body().toArray());
        var status = HttpResponseStatus.valueOf(response.status());
        var message = new DefaultFullHttpResponse(version, status, body);
        response.headers().forEach(message.headers()::set);
        if (!response.contentType().isEmpty()) {
            message.headers().set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        }
        if (!status.equals(HttpResponseStatus.NO_CONTENT)) {
            HttpUtil.setContentLength(message, body.readableBytes());
        }
        HttpUtil.setKeepAlive(message, keepAlive);
        return message;
    }

    private boolean stream(Response.Streamed response) throws IOException, InterruptedException {
        boolean chunked = version.isKeepAliveDefault(); // HTTP/1.0 has no chunks: the end of the connection is the end
        var message = new DefaultHttpResponse(version, HttpResponseStatus.valueOf(response.status()));
        message.headers().set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        HttpUtil.setTransferEncodingChunked(message, chunked);
        HttpUtil.setKeepAlive(message, keepAlive && chunked);
        await(channel.writeAndFlush(message));
        if (!head) {
            try (var out = new BufferedOutputStream(new Chunks(), CHUNK_BYTES)) {
                response.body().writeTo(out);
            }
        }
        await(channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
        return keepAlive && chunked;
    }

    private void await(ChannelFuture written) throws IOException, InterruptedException {
        if (!written.await(writeTime.toMillis(), TimeUnit.MILLISECONDS)) {
            var unused = channel.close();
            throw new IOException("the client takes nothing");
        }
        if (!written.isSuccess()) {
            throw new IOException("write", written.cause());
        }
    }

    /// Every write is one chunk.
    private final class Chunks extends OutputStream {
        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                await(channel.writeAndFlush(new DefaultHttpContent(Unpooled.copiedBuffer(bytes, offset, length))));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("the client is gone", e);
            }
        }
    }
}
