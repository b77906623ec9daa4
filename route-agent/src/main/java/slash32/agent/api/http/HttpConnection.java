package slash32.agent.api.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;

/// One client's connection: one request at a time is read whole, handled on a virtual thread, and answered.
///
/// Nothing more is read meanwhile, so that a client which sends without end holds no more than one request. Its fields
/// belong to the event loop.
final class HttpConnection extends SimpleChannelInboundHandler<HttpObject> {
    private final RequestHandler handler;
    private final Limits limits;
    private boolean reading;
    private @Nullable ScheduledFuture<?> deadline;
    private @Nullable Incoming incoming;
    private @Nullable Thread worker;

    HttpConnection(RequestHandler handler, Limits limits) {
        this.handler = handler;
        this.limits = limits;
    }

    /// A request whose body is still coming.
    private record Incoming(HttpRequest head, List<String> path, int bodyLimitBytes, CompositeByteBuf body) {}

    @Override
    public void channelActive(ChannelHandlerContext context) {
        nextRequest(context);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        disarm();
        dropIncoming();
        if (worker != null) {
            worker.interrupt();
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject part) {
        if (part.decoderResult().isFailure()) {
            refuse(context, malformed(part.decoderResult().cause()), "not an HTTP/1.1 request");
            return;
        }
        if (part instanceof HttpRequest head && !begin(context, head)) {
            return;
        }
        if (part instanceof HttpContent content && incoming != null && !take(context, content)) {
            return;
        }
        if (part instanceof LastHttpContent && incoming != null) {
            handle(context, incoming);
        }
    }

    /// A read brings one part of a request, or none yet.
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (reading) {
            context.read();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        var unused = context.close();
        if (!(cause instanceof IOException)) {
            Thread loop = Thread.currentThread();
            loop.getUncaughtExceptionHandler().uncaughtException(loop, cause);
        }
    }

    private void nextRequest(ChannelHandlerContext context) {
        worker = null;
        reading = true;
        arm(context, limits.idle());
        context.read();
    }

    /// Starts a request; false if it was refused.
    private boolean begin(ChannelHandlerContext context, HttpRequest head) {
        arm(context, limits.request());
        List<String> path;
        try {
            path = path(head.uri());
        } catch (IllegalArgumentException e) {
            refuse(context, HttpResponseStatus.BAD_REQUEST, "the path or query is not well formed");
            return false;
        }
        int limit;
        switch (handler.admit(method(head), path)) {
            case Admission.Taken(int bodyLimitBytes) -> limit = bodyLimitBytes;
            case Admission.Refused(Response.Whole answer) -> {
                refuse(context, answer);
                return false;
            }
        }
        if (HttpUtil.getContentLength(head, 0L) > limit) {
            refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, tooLarge(limit));
            return false;
        }
        if (HttpUtil.is100ContinueExpected(head)) {
            var unused = context.writeAndFlush(
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
        incoming = new Incoming(head, path, limit, Unpooled.compositeBuffer());
        return true;
    }

    /// Takes a part of the body; false if it is too large.
    private boolean take(ChannelHandlerContext context, HttpContent content) {
        Incoming request = Objects.requireNonNull(incoming);
        if (request.body().readableBytes() + content.content().readableBytes() > request.bodyLimitBytes()) {
            refuse(context, HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, tooLarge(request.bodyLimitBytes()));
            return false;
        }
        request.body().addComponent(true, content.content().retain());
        return true;
    }

    private void handle(ChannelHandlerContext context, Incoming request) {
        reading = false;
        disarm();
        HttpRequest head = request.head();
        var whole = new Request(
                method(head),
                head.uri(),
                request.path(),
                new QueryStringDecoder(head.uri()).parameters(),
                headers(head),
                Bytes.copyOf(ByteBufUtil.getBytes(request.body())));
        dropIncoming();
        var answer = new Answer(context.channel(), head, limits.write());
        worker = Thread.ofVirtual().name("http-request").start(() -> {
            boolean reusable = false;
            try {
                reusable = answer.send(handler.handle(whole));
            } catch (IOException | InterruptedException e) {
                // The client is gone; there is nobody to tell.
            } finally {
                done(context, reusable);
            }
        });
    }

    /// Called on the worker's thread.
    private void done(ChannelHandlerContext context, boolean reusable) {
        Channel channel = context.channel();
        try {
            channel.eventLoop().execute(() -> {
                if (reusable && channel.isActive()) {
                    nextRequest(context);
                } else {
                    worker = null;
                    var unused = channel.close();
                }
            });
        } catch (RejectedExecutionException e) {
            // The server closed meanwhile, and with it the connection.
        }
    }

    /// Answers what never becomes a request, and closes: what follows can't be told from its body.
    private void refuse(ChannelHandlerContext context, HttpResponseStatus status, String detail) {
        refuse(context, handler.refused(status.code(), detail));
    }

    private void refuse(ChannelHandlerContext context, Response.Whole response) {
        reading = false;
        disarm();
        dropIncoming();
        context.writeAndFlush(Answer.whole(response, HttpVersion.HTTP_1_1, false))
                .addListener(ChannelFutureListener.CLOSE);
    }

    private void dropIncoming() {
        if (incoming != null) {
            incoming.body().release();
            incoming = null;
        }
    }

    private void arm(ChannelHandlerContext context, Duration time) {
        disarm();
        deadline = context.executor().schedule(() -> late(context), time.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Who has begun a request is told; who said nothing knows.
    private void late(ChannelHandlerContext context) {
        if (incoming == null) {
            var unused = context.close();
        } else {
            refuse(
                    context,
                    HttpResponseStatus.REQUEST_TIMEOUT,
                    "the request took longer than " + limits.request().toMillis() + " ms to come");
        }
    }

    private void disarm() {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    private static List<String> path(String uri) {
        String raw = new QueryStringDecoder(uri).rawPath();
        if (!raw.startsWith("/")) {
            throw new IllegalArgumentException("a path begins with a slash");
        }
        return Arrays.stream(raw.substring(1).split("/", -1))
                .map(segment -> QueryStringDecoder.decodeComponent(segment.replace("+", "%2B"), StandardCharsets.UTF_8))
                .toList();
    }

    private static Map<String, List<String>> headers(HttpRequest head) {
        var headers = new HashMap<String, List<String>>();
        for (String name : head.headers().names()) {
            headers.put(
                    name.toLowerCase(Locale.ROOT), List.copyOf(head.headers().getAll(name)));
        }
        return headers;
    }

    private static String method(HttpRequest head) {
        String method = head.method().name();
        return method.equals("HEAD") ? "GET" : method;
    }

    private static String tooLarge(int limit) {
        return limit == 0 ? "no body is expected here" : "the body may have at most " + limit + " bytes";
    }

    private static HttpResponseStatus malformed(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException _ -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
            case TooLongHttpHeaderException _ -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
            default -> HttpResponseStatus.BAD_REQUEST;
        };
    }
}
